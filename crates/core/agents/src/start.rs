//! How an agent is started on a task.

use domain::policy::Policy;

use crate::dialect::Dialect;
use crate::registry::{Agent, ByPolicy, Program, by_policy};
use crate::{acp, claude_stream, codex_app};

/// What an agent is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    pub prompt: &'a str,
    pub model: Option<&'a str>,
    /// The session to go on in; `None`: a new one.
    pub resume: Option<&'a str>,
    pub policy: Policy,
    pub(crate) modes: Option<&'a ByPolicy<Option<&'static str>>>,
}

/// Where it is to do it, as absolute paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub cwd: String,
    /// The worktree's own git folder.
    pub git_dir: String,
    /// The folder that all worktrees of the repository share.
    pub common_dir: String,
    /// The agent will be root.
    pub root: bool,
}

/// What a keeper needs to start an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub program: Program,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Lines for standard input, each with its id.
    pub input: Vec<(String, String)>,
    /// How many milliseconds it may live on once its input was closed.
    pub leave_ms: u64,
}

impl Place {
    /// What must be writable beside the worktree for a commit in it.
    pub fn git_paths(&self) -> Vec<String> {
        let shared = ["objects", "refs", "logs"].map(|name| format!("{}/{name}", self.common_dir));
        std::iter::once(self.git_dir.clone()).chain(shared).collect()
    }
}

impl Agent {
    /// A task for this agent.
    pub fn task<'a>(
        &'a self,
        prompt: &'a str,
        model: Option<&'a str>,
        resume: Option<&'a str>,
        policy: Policy,
    ) -> Task<'a> {
        Task { prompt, model, resume, policy, modes: self.modes.as_ref() }
    }

    /// Whether it has a screen of its own that a person can work in.
    pub fn has_terminal(&self) -> bool {
        self.interactive.is_some()
    }

    /// How to start it in a terminal, with the task as its first prompt.
    pub fn start_interactive(&self, task: &Task<'_>, place: &Place) -> Start {
        let mut args = self.args_for(task);
        args.extend(self.interactive.unwrap_or_default().iter().map(|arg| (*arg).to_owned()));
        // What begins with a dash is a task too.
        args.extend(["--".to_owned(), task.prompt.to_owned()]);
        Start { args, input: Vec::new(), ..self.start(task, place) }
    }

    /// How to start it headless.
    pub fn start(&self, task: &Task<'_>, place: &Place) -> Start {
        let input = match self.dialect {
            Dialect::ClaudeStream => vec![("prompt", claude_stream::prompt(task.prompt))],
            Dialect::CodexApp => vec![("begin", codex_app::begin(task, place))],
            Dialect::Acp { .. } => vec![("begin", acp::begin(task, place))],
            Dialect::Plain => Vec::new(),
        };
        let input = input.into_iter().map(|(id, data)| (id.to_owned(), data)).collect();
        let (args, env) = (self.args_for(task), self.env_for(task, place));
        Start { program: self.program, args, env, input, leave_ms: self.leave_ms }
    }

    fn env_for(&self, task: &Task<'_>, place: &Place) -> Vec<(String, String)> {
        let root = if place.root { self.root_env } else { &[] };
        let all = self.env.iter().chain(by_policy(&self.policy_env, task.policy)).chain(root);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// What stands on the command line; some dialects say model and session on standard input instead.
    fn args_for(&self, task: &Task<'_>) -> Vec<String> {
        let policy = by_policy(&self.policy_args, task.policy);
        let mut args: Vec<String> = self.args.iter().chain(policy).map(|arg| (*arg).to_owned()).collect();
        if self.dialect == Dialect::ClaudeStream {
            let flags = [("--model", task.model), ("--resume", task.resume)];
            for (flag, value) in flags.into_iter().filter_map(|(flag, value)| Some((flag, value?))) {
                args.extend([flag.to_owned(), value.to_owned()]);
            }
        }
        args
    }
}
