//! What agents leave of what they do in their own folders: read for those that a person started by hand, and for runs
//! whose output does not say it.

mod claude;
mod codex;
mod gemini;
mod kind;
mod terminal;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Timestamp;
use domain::doing::Doing;
use domain::tokens::{Amount, ModelUse, Tokens};
use serde_json::Value;

pub use claude::{SessionFile, session_file};
pub use gemini::gemini_project;
pub use kind::Traces;
pub use terminal::{is_unheard, news};

use crate::registry::{self, Agent, Program};

/// The state that an agent tells of itself just now; what it does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionTrace {
    pub doing: Option<Doing>,
    /// Since when it does that.
    pub since: Option<Timestamp>,
    /// A turn is under way, in which it may work or ask; told by those that do not tell which.
    pub in_turn: bool,
    pub session: Option<String>,
    pub model: Option<String>,
    /// Tools that it has called and that have not returned, in words.
    pub calls: Vec<String>,
    /// The answers of the model in the session that is open now, of each of its files.
    pub answers: Vec<Answers>,
    /// Whether the agent lives, and has no file that says what it does.
    pub silent: bool,
    /// Whether the agent's files were not read to their ends yet, so that sums of them would be too small.
    pub behind: bool,
    /// The last line of its transcripts.
    pub last_at: Option<Timestamp>,
}

/// How many calls are named of which one is asked for.
const CALLS: usize = 3;

impl SessionTrace {
    /// The thing that the agent waits for, in words; `None` when it does not wait.
    pub fn waits_for(&self) -> Option<String> {
        let Some(Doing::Waiting(what)) = &self.doing else { return None };
        let calls = self.calls.iter().take(CALLS).cloned().collect::<Vec<_>>().join(" or ");
        Some(match (calls.is_empty(), what) {
            (true, what) => what.clone().unwrap_or_else(|| "something".to_owned()),
            (false, None) => calls,
            (false, Some(what)) => format!("{calls} ({what})"),
        })
    }

    /// Whether the agent waits, and its transcript may be about to say what for.
    pub fn is_vague(&self) -> bool {
        self.calls.is_empty() && matches!(self.doing, Some(Doing::Waiting(_)))
    }

    /// Everything that was reported, each answer once; `None` when nothing was.
    pub fn tokens(&self) -> Option<Tokens> {
        let mut sum = None;
        let answers: BTreeMap<&String, &Answered> = self.answers.iter().flat_map(|file| file.iter()).collect();
        for answer in answers.values().filter(|_| !self.behind) {
            let sum = sum.get_or_insert_with(Tokens::default);
            answer.used.iter().for_each(|used| *sum += used.amount.tokens);
        }
        sum
    }
}

/// Programs that run scripts, so that the agent's name is their argument.
const INTERPRETERS: [&str; 5] = ["node", "nodejs", "bun", "deno", "python"];

/// The agent that a process with this command line is; the name of a program proves no more than what a person would
/// believe of it in a list of processes.
pub fn by_command_line(words: &[String]) -> Option<&'static Agent> {
    let first = stem(words.first()?);
    let runs_scripts = INTERPRETERS.iter().any(|name| {
        first.strip_prefix(name).is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    });
    let script = words.iter().skip(1).find(|word| !word.starts_with('-')).filter(|_| runs_scripts);
    let name = script.map_or(first, |script| stem(script));
    registry::all().iter().find(|agent| matches!(agent.program, Program::InPath { name: known, .. } if known == name))
}

/// The last part of a path without the ending of a script.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".js", ".mjs", ".cjs", ".exe"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answered {
    /// The use of the model that gave the answer, and of the models that it asked.
    pub used: Vec<ModelUse>,
    /// When, where that is written down.
    pub at: Option<Timestamp>,
}

impl Answered {
    /// An answer of a single model, which may not be known.
    fn of(tokens: Tokens, model: Option<String>, at: Option<Timestamp>) -> Self {
        Self { used: vec![ModelUse { model, amount: Amount { tokens, cache_write_1h: 0 } }], at }
    }
}

/// Answers by their ids: one answer may stand in several lines. Shared, since they are many and change seldom.
pub type Answers = Arc<BTreeMap<String, Answered>>;

/// The longest name of a model or a session that is taken up, in characters.
const LONGEST: usize = 100;

/// Whether a text may be a session's name: it is passed on in a command line, and becomes part of a path.
pub fn is_session_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    text.len() <= LONGEST && text.bytes().all(fits) && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

/// A text that an agent wrote, up to a length that a row may have.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Everything that a transcript has told so far, line by line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transcribed {
    pub answers: Answers,
    /// Tools that the last answer called and that have not returned: the id, and what in words.
    pub calls: Vec<(String, String)>,
    /// The answer that called them.
    calling: String,
    /// The thread that the file is of, where other threads are copied into it.
    pub thread: Option<String>,
    pub model: Option<String>,
    pub last_at: Option<Timestamp>,
    /// Where turns are written down: whether one is under way.
    pub in_turn: Option<bool>,
}

impl Transcribed {
    /// Takes up one line; what is not understood is passed over.
    pub fn line(&mut self, traces: Traces, line: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Value>(line) else { return };
        let at = line.get("timestamp").and_then(|at| serde_json::from_value(at.clone()).ok());
        self.last_at = at.max(self.last_at);
        match traces {
            Traces::None => {}
            Traces::Claude => claude::line(self, &line, at),
            Traces::Codex => codex::line(self, &line, at),
            Traces::Gemini => gemini::line(self, &line, at),
        }
    }

    fn answered(&mut self, id: &str, answered: Answered) {
        Arc::make_mut(&mut self.answers).insert(cut(id), answered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(line: &str) -> Option<&'static str> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        by_command_line(&words).map(|agent| agent.name)
    }

    #[test]
    fn an_agent_is_known_by_its_program() {
        for (line, name) in [
            ("claude do it", "claude"),
            ("/opt/bin/claude --resume", "claude"),
            ("node /usr/bin/codex -s workspace-write", "codex"),
            ("/x/vendor/bin/codex exec", "codex"),
            ("/usr/bin/node --max-old-space-size=12052 /x/.bin/gemini -i go", "gemini"),
            ("node /x/gemini.js", "gemini"),
            ("/v/bin/python3.12 /v/bin/aider --model x", "aider"),
            ("python -m aider", "aider"),
            ("opencode", "opencode"),
        ] {
            assert_eq!(agent(line), Some(name), "{line}");
        }
        for line in
            ["vim claude", "node server.js claude", "tail -f codex", "claude-code-mode-host", "pythonic aider", ""]
        {
            assert_eq!(agent(line), None, "{line}");
        }
    }
}
