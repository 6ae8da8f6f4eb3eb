//! An attempt: one try at a phase, held by one keeper.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Names an attempt inside its run; its folder is `attempts/<phase>.<n>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    pub phase: String,
    /// Counts from 1.
    pub attempt: u32,
}

impl AttemptKey {
    /// Whether an agent is at work in it, and not a check or a set-up.
    pub fn is_of_agent(&self) -> bool {
        self.phase != crate::environment::SETUP && !self.phase.contains('.')
    }
}

impl fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.phase, self.attempt)
    }
}

/// How an attempt ended, as its keeper recorded it in `exit.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code; `None` when a signal ended it or it never started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The number of the signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why it could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Processes that outlived the agent and were ended by the keeper.
    #[serde(default)]
    pub survivors_ended: u32,
    /// Whether the end was asked for through the keeper.
    #[serde(default)]
    pub asked: bool,
    /// Whether the keeper ended it because its time was up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// The last line of its standard error, where it said nothing of its end in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_words: Option<String>,
}

impl Exit {
    /// The exit in words: `exit 3`, `ended by SIGKILL`, or why it could not start.
    pub fn describe(&self) -> String {
        match (&self.error, self.code, self.signal) {
            (Some(error), _, _) => error.clone(),
            (None, Some(code), _) => format!("exit {code}"),
            (None, None, Some(signal)) => format!("ended by {}", signal_name(signal)),
            (None, None, None) => "ended in an unknown way".to_owned(),
        }
    }

    /// The exit in words, and what was written last.
    pub fn describe_fully(&self) -> String {
        let words = self.last_words.as_ref().map_or_else(String::new, |words| format!(": {words}"));
        format!("{}{words}", self.describe())
    }
}

/// How far a pause reached, counted after it took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Processes that stand still.
    pub n: u32,
    /// Processes that live.
    pub of: u32,
    /// By which means: `freezer` (cgroup v2), `signals` (SIGSTOP to every descendant), or both.
    pub means: String,
}

impl Frozen {
    /// `7 of 7 frozen (freezer)`, and how many still run if any do.
    pub fn describe(&self) -> String {
        if self.of == 0 {
            return "nothing of it runs".to_owned();
        }
        let running = self.of.saturating_sub(self.n);
        let rest = if running == 0 { String::new() } else { format!("; {running} STILL RUN") };
        format!("{} of {} processes frozen ({}){rest}", self.n, self.of, self.means)
    }
}

/// The agent's own word on its work at the end, which is worth more than its exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentResult {
    pub ok: bool,
    pub text: String,
}

/// A turn that ended well while it is not known whether the agent goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub text: String,
    /// When it ended, or the last background work after it.
    pub since: Timestamp,
}

/// An attempt as folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptState {
    pub number: u32,
    /// A keeper was asked for; it may or may not run yet.
    pub started: bool,
    /// Process id of the agent, once its keeper has said it.
    pub pid: Option<u32>,
    pub keeper_pid: Option<u32>,
    /// The name of what its output is written in; `None`: what its agent's is known to be.
    pub reads: Option<String>,
    pub session: Option<String>,
    /// The session that it was started to continue.
    pub resumes: Option<String>,
    pub result: Option<AgentResult>,
    pub rest: Option<Rest>,
    /// The end of what its agent said last.
    pub said: Option<String>,
    /// Words of a person that wait for the end of the agent's turn.
    pub unsaid: Vec<String>,
    /// A person's answer to what the attempt before it asked last, which is what it begins with.
    pub reply: Option<String>,
    /// Background work that the agent goes on with when it is done, by the agent's own names.
    pub background: BTreeMap<String, String>,
    /// The time at which the provider lifts the limit that it met, where it met one and was told.
    pub limited_until: Option<Timestamp>,
    /// The time at which the next attempt was to begin by itself.
    pub waited_until: Option<Timestamp>,
    pub exit: Option<Exit>,
    /// Whether the agent's input was closed, or closing it was begun: nothing more will be asked of the agent.
    pub input_closed: bool,
    /// Bytes of the agent's standard output that became events.
    pub read_to: u64,
    /// The gateway measures what it uses.
    pub metered: bool,
    /// Who pays for what it asks, where that is known.
    pub paid_by: Option<String>,
    /// Whether the agent's last request was not forwarded, because a budget was reached.
    pub refused: bool,
    /// Why its last request had no key that counts, where the gateway has the keys.
    pub without_key: Option<String>,
}

impl AttemptState {
    pub fn new(number: u32) -> Self {
        Self {
            number,
            started: false,
            pid: None,
            keeper_pid: None,
            reads: None,
            session: None,
            resumes: None,
            result: None,
            rest: None,
            said: None,
            unsaid: Vec::new(),
            reply: None,
            background: BTreeMap::new(),
            limited_until: None,
            waited_until: None,
            exit: None,
            input_closed: false,
            read_to: 0,
            metered: false,
            paid_by: None,
            refused: false,
            without_key: None,
        }
    }

    pub fn is_live(&self) -> bool {
        self.started && self.exit.is_none()
    }

    /// Whether the attempt did what was asked, and if not why; `None` while it runs.
    /// An agent's own result counts before its exit code, since those lie.
    pub fn verdict(&self) -> Option<Result<(), String>> {
        let exit = self.exit.as_ref()?;
        Some(match &self.result {
            Some(AgentResult { ok: true, .. }) => Ok(()),
            Some(AgentResult { ok: false, text }) => Err(text.clone()),
            // It never began, so there is nothing else to say.
            None if exit.error.is_some() => Err(exit.describe()),
            None => {
                let words = exit.last_words.as_ref().map_or_else(String::new, |words| format!(": {words}"));
                Err(format!("the agent ended without a result ({}){words}", exit.describe()))
            }
        })
    }
}

/// Names of the signals that end processes, by their numbers on Linux and macOS.
fn signal_name(signal: i32) -> String {
    let known = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (6, "SIGABRT"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
    ];
    known
        .iter()
        .find(|(number, _)| *number == signal)
        .map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
