//! How an agent is started on a task.

use domain::policy::Policy;

use crate::dialect::Dialect;
use crate::redirect::{GatewayAccess, GatewayHint};
use crate::registry::{Agent, ByPolicy, Interactive, LEAVES, by_policy};
use crate::{acp, claude_stream, codex_app};

/// A task for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    pub prompt: &'a str,
    pub model: Option<&'a str>,
    /// The session to go on in; `None`: a new one.
    pub resume: Option<&'a str>,
    pub policy: Policy,
    pub(crate) modes: Option<&'a ByPolicy<Option<&'static str>>>,
}

/// The place where the agent is to do its task, as absolute paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttemptPlace {
    pub cwd: String,
    /// The worktree's own git folder.
    pub git_dir: String,
    /// The folder that all worktrees of the repository share.
    pub common_dir: String,
    /// The folder of the attempt.
    pub attempt: String,
    /// The run's folder for temporary files.
    pub tmp: String,
    /// The agent will be root.
    pub root: bool,
    /// The gateway stands between it and its models.
    pub gateway: Option<GatewayAccess>,
}

/// A program that a person made an agent in their settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// `{prompt}` stands for the task, `{model}` for the model, `{attempt}` for the folder of the attempt.
    pub args: Vec<String>,
    pub dialect: Dialect,
}

/// The values that a keeper needs to start an agent, beside its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStart {
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Lines for standard input, each with its id.
    pub input: Vec<(String, String)>,
    /// How many milliseconds it may live on once its input was closed.
    pub leave_ms: u64,
    /// Whether the agent's input is closed at once.
    pub close_input: bool,
}

impl AttemptPlace {
    /// The paths that must be writable beside the worktree for a commit in it.
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
    pub fn start_interactive(&self, task: &Task<'_>, place: &AttemptPlace) -> AgentStart {
        let args = self.interactive.map(|start| interactive_args(&start, self.told, task, place)).unwrap_or_default();
        AgentStart { args, input: Vec::new(), close_input: false, ..self.start(task, place) }
    }

    /// How to start it headless.
    pub fn start(&self, task: &Task<'_>, place: &AttemptPlace) -> AgentStart {
        let (args, env) = (self.args_for(task, place), self.env_for(task, place));
        let input = first_input(self.dialect, task, place);
        AgentStart { args, env, close_input: !self.dialect.says_its_end(), input, leave_ms: self.leave_ms }
    }

    fn env_for(&self, task: &Task<'_>, place: &AttemptPlace) -> Vec<(String, String)> {
        let root = if place.root { self.root_env } else { &[] };
        let all = self.env.iter().chain(by_policy(&self.policy_env, task.policy)).chain(root);
        all.map(|(name, value)| {
            ((*name).to_owned(), value.replace("{tmp}", &place.tmp).replace("{attempt}", &place.attempt))
        })
        .collect()
    }

    /// The arguments of the command line; some dialects say model and session on standard input instead.
    fn args_for(&self, task: &Task<'_>, place: &AttemptPlace) -> Vec<String> {
        let policy = by_policy(&self.policy_args, task.policy);
        let mut args: Vec<String> = self.args.iter().chain(policy).map(|arg| filled(arg, task, place)).collect();
        let resume = (self.dialect == Dialect::ClaudeStream).then_some("--resume");
        for (flag, value) in [(self.model_flag, task.model), (resume, task.resume)] {
            args.extend(flag.zip(value).into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]));
        }
        args
    }
}

impl Own {
    /// Whether it hears which model it is to use.
    pub fn says_model(&self) -> bool {
        let in_dialect = matches!(self.dialect, Dialect::CodexApp | Dialect::Acp { .. });
        in_dialect || self.fills_in("{model}")
    }

    /// Whether this placeholder stands in its command.
    pub fn fills_in(&self, placeholder: &str) -> bool {
        self.args.iter().any(|arg| arg.contains(placeholder))
    }

    /// A task for this agent.
    pub fn task<'a>(prompt: &'a str, model: Option<&'a str>, resume: Option<&'a str>, policy: Policy) -> Task<'a> {
        Task { prompt, model, resume, policy, modes: None }
    }

    /// How to start it headless. One whose command has the task in it is told nothing on standard input.
    pub fn start(&self, task: &Task<'_>, place: &AttemptPlace) -> AgentStart {
        let args = self.args.iter().map(|arg| filled(arg, task, place)).collect();
        let told = self.fills_in("{prompt}");
        let input = match self.dialect {
            _ if told => Vec::new(),
            Dialect::Aider | Dialect::Plain => vec![(crate::write_id::PROMPT.to_owned(), format!("{}\n", task.prompt))],
            dialect @ (Dialect::ClaudeStream | Dialect::CodexApp | Dialect::Acp { .. }) => {
                first_input(dialect, task, place)
            }
        };
        // One that may ask is heard until it has said its result.
        AgentStart { args, env: Vec::new(), close_input: !self.dialect.says_its_end(), input, leave_ms: LEAVES }
    }

    /// How to start it in a terminal. The task stands where its command has `{prompt}` and nowhere else: nothing tells when
    /// a screen is ready to be typed at, and a shell would run the task.
    pub fn start_interactive(&self, task: &Task<'_>, place: &AttemptPlace) -> AgentStart {
        AgentStart { input: Vec::new(), close_input: false, ..self.start(task, place) }
    }
}

/// The first lines for standard input, each with its id.
fn first_input(dialect: Dialect, task: &Task<'_>, place: &AttemptPlace) -> Vec<(String, String)> {
    let said = match dialect {
        Dialect::ClaudeStream => (crate::write_id::PROMPT, claude_stream::prompt(task.prompt)),
        Dialect::CodexApp => ("begin", codex_app::begin(task, place)),
        Dialect::Acp { .. } => ("begin", acp::begin(task, place)),
        Dialect::Aider | Dialect::Plain => return Vec::new(),
    };
    vec![(said.0.to_owned(), said.1)]
}

/// A value as TOML has it in one line.
fn inline(value: &serde_json::Value) -> String {
    match value.as_object() {
        Some(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}={}", inline(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        None => value.to_string(),
    }
}

fn interactive_args(start: &Interactive, told: GatewayHint, task: &Task<'_>, place: &AttemptPlace) -> Vec<String> {
    let git_paths = serde_json::Value::from(place.git_paths()).to_string();
    let fixed = start.args.iter().chain(by_policy(&start.policy_args, task.policy));
    let codex = place
        .gateway
        .as_ref()
        .filter(|_| told == GatewayHint::Codex)
        .and_then(GatewayAccess::codex)
        .unwrap_or_default();
    let mut args: Vec<String> = fixed.map(|arg| filled(&arg.replace("{git_paths}", &git_paths), task, place)).collect();
    args.extend(codex.into_iter().flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={}", inline(&value))]));
    let model = start.model_flag.zip(task.model);
    args.extend(model.into_iter().flat_map(|(flag, model)| [flag.to_owned(), model.to_owned()]));
    let session =
        task.resume.into_iter().flat_map(|id| start.resume.iter().map(move |arg| arg.replace("{session}", id)));
    args.extend(session);
    args.extend(start.prompt.iter().map(|arg| filled(arg, task, place)));
    args
}

/// An argument with what its placeholders stand for. The task is filled in last, since it may hold anything.
fn filled(arg: &str, task: &Task<'_>, place: &AttemptPlace) -> String {
    let arg = arg.replace("{attempt}", &place.attempt).replace("{model}", task.model.unwrap_or_default());
    arg.replace("{prompt}", task.prompt)
}
