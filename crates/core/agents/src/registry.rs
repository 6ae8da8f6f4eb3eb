//! The agents pilothouse knows, as data: adding one is one entry here and at most one dialect.

use domain::policy::Policy;

use crate::dialect::Dialect;
use crate::redirect::{self, ANTHROPIC, Door, GatewayHint};
use crate::rehearsals::REHEARSALS;
use crate::traces::Traces;

/// How an agent's program is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// A role of pilothouse's own binary.
    Own,
    /// A program in PATH, and how one gets it.
    InPath { name: &'static str, install: &'static str },
}

/// A word or mode for each policy, in the order of [`Policy::ALL`].
pub(crate) type ByPolicy<T> = [T; 4];

pub(crate) type Variables = &'static [(&'static str, &'static str)];

/// Arguments that start an agent in a terminal, in this order; `{prompt}` stands for the task, `{session}` for the
/// session to go on in, `{git_paths}` for the paths that a commit writes to, as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interactive {
    pub(crate) args: &'static [&'static str],
    pub(crate) policy_args: ByPolicy<&'static [&'static str]>,
    pub(crate) model_flag: Option<&'static str>,
    pub(crate) resume: &'static [&'static str],
    pub(crate) prompt: &'static [&'static str],
}

/// An agent that pilothouse knows how to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent {
    pub name: &'static str,
    pub doc: &'static str,
    pub program: Program,
    /// `{prompt}` stands for the task, `{attempt}` for the folder of the attempt.
    pub(crate) args: &'static [&'static str],
    /// The flag before the model's name, where the model is named on the command line.
    pub(crate) model_flag: Option<&'static str>,
    /// Arguments that say what it may do without asking.
    pub(crate) policy_args: ByPolicy<&'static [&'static str]>,
    /// Modes of a session that say so, where the dialect has them.
    pub(crate) modes: Option<ByPolicy<Option<&'static str>>>,
    /// Variables of its environment; `{tmp}` stands for the run's folder for temporary files, `{attempt}` for that of the
    /// attempt.
    pub(crate) env: Variables,
    /// Files that are written into the attempt's folder first, by name.
    pub files: Variables,
    /// Variables that say what it may do without asking.
    pub(crate) policy_env: ByPolicy<Variables>,
    /// Variables that it needs where it is root.
    pub(crate) root_env: Variables,
    /// Milliseconds that it gets to leave once its input is closed.
    pub(crate) leave_ms: u64,
    /// Milliseconds after a session's beginning before another process may go on in it.
    pub session_rests_ms: u64,
    pub dialect: Dialect,
    /// The arguments that start the agent in a terminal; `None` when it has no screen of its own that takes a task.
    pub(crate) interactive: Option<Interactive>,
    /// Files that the agent writes of its sessions while a person has it in a terminal.
    pub traces: Traces,
    /// How it is told to ask its models through the gateway, and where its environment says whom it asks.
    pub told: GatewayHint,
    pub doors: &'static [Door],
    /// The only ones of its models that ask a provider; all of them when empty.
    pub asking_models: &'static [&'static str],
    /// The variable with which all of them do.
    pub asking_variable: Option<&'static str>,
    /// Whether the agent would use a provider's key that it finds itself, so that the gateway may have that key
    /// without being asked for.
    pub takes_keys: bool,
    /// Where it keeps what it remembers, beside the worktree: `~/` is the home folder, `$NAME/` what a variable says.
    pub state: &'static [&'static str],
    /// The command that logs it in, and the variable that holds a key instead.
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// The oldest version that was tried, as its `--version` names it; `None` when it names none.
    pub minimum: Option<&'static str>,
    /// The models it can be asked for; empty when any name may be one.
    pub models: &'static [&'static str],
}

const NO_ARGS: ByPolicy<&[&str]> = [&[], &[], &[], &[]];
const NO_ENV: ByPolicy<Variables> = [&[], &[], &[], &[]];
/// An agent that leaves by itself is given this long before it is ended.
pub(crate) const LEAVES: u64 = 10_000;

/// The values of an agent that names no others.
const USUAL: Agent = Agent {
    name: "",
    doc: "",
    program: Program::Own,
    args: &[],
    model_flag: None,
    policy_args: NO_ARGS,
    modes: None,
    env: &[],
    files: &[],
    policy_env: NO_ENV,
    root_env: &[],
    leave_ms: LEAVES,
    session_rests_ms: 0,
    dialect: Dialect::Plain,
    interactive: None,
    traces: Traces::None,
    told: GatewayHint::Never,
    doors: &[],
    asking_models: &[],
    asking_variable: None,
    takes_keys: false,
    state: &[],
    login: None,
    minimum: None,
    models: &[],
};

const AGENTS: &[Agent] = &[
    Agent {
        name: "rehearsal",
        doc: "scripted, built in, needs no key; its models are its scenarios",
        program: Program::Own,
        args: &["__rehearsal"],
        model_flag: Some("--model"),
        dialect: Dialect::ClaudeStream,
        interactive: Some(Interactive {
            args: &["__rehearsal", "--interactive"],
            policy_args: NO_ARGS,
            model_flag: Some("--model"),
            resume: &[],
            // What begins with a dash is a task too.
            prompt: &["--", "{prompt}"],
        }),
        models: REHEARSALS,
        told: GatewayHint::ByVariables,
        doors: &[ANTHROPIC],
        asking_models: &["calls"],
        asking_variable: Some("REHEARSAL_THINKS"),
        ..USUAL
    },
    Agent {
        name: "claude",
        doc: "Claude Code",
        program: Program::InPath { name: "claude", install: "npm install -g @anthropic-ai/claude-code" },
        // Measured with 2.1.197: the permission tool on standard input makes it ask instead of deny.
        args: &[
            "-p",
            "--input-format",
            "stream-json",
            "--output-format",
            "stream-json",
            "--verbose",
            "--permission-prompt-tool",
            "stdio",
        ],
        model_flag: Some("--model"),
        // It refuses to be told to ask nothing as root, so what may be done is allowed when it asks.
        policy_args: [
            &["--permission-mode", "default"],
            &["--permission-mode", "acceptEdits"],
            &["--permission-mode", "acceptEdits"],
            &["--permission-mode", "acceptEdits"],
        ],
        // In a terminal it would ask a model for a title, which no transcript counts and nobody here sees.
        env: &[
            ("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"),
            ("CLAUDE_CODE_TMPDIR", "{tmp}"),
            ("CLAUDE_CODE_DISABLE_TERMINAL_TITLE", "1"),
            // In a terminal it installs its newest version beside its work, and the next run has another agent (2.1.197).
            ("DISABLE_AUTOUPDATER", "1"),
        ],
        // In a terminal it can be told so as root when this says that it may (2.1.197).
        policy_env: [&[], &[], &[("IS_SANDBOX", "1")], &[("IS_SANDBOX", "1")]],
        dialect: Dialect::ClaudeStream,
        interactive: Some(Interactive {
            args: &[],
            policy_args: [
                &["--permission-mode", "default"],
                &["--permission-mode", "acceptEdits"],
                &["--permission-mode", "bypassPermissions"],
                &["--permission-mode", "bypassPermissions"],
            ],
            model_flag: Some("--model"),
            resume: &["--resume", "{session}"],
            prompt: &["--", "{prompt}"],
        }),
        traces: Traces::Claude,
        told: GatewayHint::ByVariables,
        doors: &[ANTHROPIC],
        takes_keys: true,
        state: &["$CLAUDE_CONFIG_DIR", "~/.claude", "~/.claude.json", "~/.cache/claude", "~/.cache/claude-cli-nodejs"],
        login: Some(("`claude`", "ANTHROPIC_API_KEY")),
        minimum: Some("2.1.0"),
        ..USUAL
    },
    Agent {
        name: "codex",
        doc: "Codex",
        program: Program::InPath { name: "codex", install: "npm install -g @openai/codex" },
        args: &["app-server"],
        dialect: Dialect::CodexApp,
        // Without a daemon of its own, and with leave to commit in a worktree (0.169.0).
        interactive: Some(Interactive {
            args: &["--no-daemon", "-c", "sandbox_workspace_write.writable_roots={git_paths}"],
            policy_args: [
                &["-s", "read-only", "-a", "on-request"],
                &["-s", "workspace-write", "-a", "on-request"],
                &["--dangerously-bypass-approvals-and-sandbox"],
                &["--dangerously-bypass-approvals-and-sandbox"],
            ],
            model_flag: Some("-m"),
            resume: &["resume", "{session}"],
            prompt: &["--", "{prompt}"],
        }),
        traces: Traces::Codex,
        told: GatewayHint::Codex,
        doors: &[Door { provider: "openai", urls: &[], keys: &[], instead_of: &[] }],
        state: &["$CODEX_HOME", "~/.codex"],
        login: Some(("`codex login`", "OPENAI_API_KEY")),
        minimum: Some("0.169.0"),
        ..USUAL
    },
    Agent {
        name: "gemini",
        doc: "Gemini CLI",
        program: Program::InPath { name: "gemini", install: "npm install -g @google/gemini-cli" },
        args: &["--acp"],
        modes: Some([Some("default"), Some("autoEdit"), Some("yolo"), Some("yolo")]),
        interactive: Some(Interactive {
            args: &[],
            policy_args: [
                &["--approval-mode", "default"],
                &["--approval-mode", "auto_edit"],
                &["--approval-mode", "yolo"],
                &["--approval-mode", "yolo"],
            ],
            model_flag: Some("-m"),
            resume: &[],
            prompt: &["--prompt-interactive={prompt}"],
        }),
        // It asks nobody about its folder where nobody sits, and one process is enough.
        env: &[
            ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
            ("GEMINI_CLI_NO_RELAUNCH", "true"),
            ("GEMINI_CLI_SYSTEM_DEFAULTS_PATH", "{attempt}/gemini-defaults.json"),
        ],
        // Below what a person sets, so that who wants it to update itself says so.
        files: &[("gemini-defaults.json", r#"{"general":{"enableAutoUpdate":false}}"#)],
        // Within the minute a session began in, loading it overwrites it (0.61.0).
        session_rests_ms: 70_000,
        // What it says of tokens has all that was cached in one bucket and no thoughts; its chat files tell them apart.
        dialect: Dialect::Acp { counts: false },
        traces: Traces::Gemini,
        told: GatewayHint::Gemini,
        doors: &[Door {
            provider: "gemini",
            urls: &[("GOOGLE_GEMINI_BASE_URL", "")],
            keys: &["GEMINI_API_KEY"],
            instead_of: &["GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"],
        }],
        state: &["$GEMINI_CLI_HOME/.gemini", "~/.gemini"],
        login: Some(("`gemini`", "GEMINI_API_KEY")),
        minimum: Some("0.61.0"),
        ..USUAL
    },
    Agent {
        name: "opencode",
        doc: "OpenCode",
        program: Program::InPath { name: "opencode", install: "npm install -g opencode-ai" },
        args: &["acp"],
        env: &[("OPENCODE_DISABLE_AUTOUPDATE", "1")],
        // It tells of the last step's tokens only (1.18.33), which is no count of a run.
        // What its sub-agents would ask reaches nobody, and they wait for ever: where something is asked there are none.
        policy_env: [
            &[("OPENCODE_PERMISSION", r#"{"edit":"ask","bash":"ask","webfetch":"ask","task":"deny"}"#)],
            &[("OPENCODE_PERMISSION", r#"{"edit":"allow","bash":"ask","task":"deny"}"#)],
            &[("OPENCODE_PERMISSION", r#"{"edit":"allow","bash":"allow","webfetch":"allow"}"#)],
            &[("OPENCODE_PERMISSION", r#"{"edit":"allow","bash":"allow","webfetch":"allow"}"#)],
        ],
        dialect: Dialect::Acp { counts: false },
        interactive: Some(Interactive {
            args: &[],
            policy_args: NO_ARGS,
            model_flag: Some("-m"),
            resume: &[],
            prompt: &["--prompt={prompt}"],
        }),
        state: &[
            "$XDG_DATA_HOME/opencode",
            "$XDG_STATE_HOME/opencode",
            "$XDG_CACHE_HOME/opencode",
            "$XDG_CONFIG_HOME/opencode",
            "~/.local/share/opencode",
            "~/.local/state/opencode",
            "~/.cache/opencode",
            "~/.config/opencode",
        ],
        told: GatewayHint::OpenCode,
        doors: &[
            Door { provider: "anthropic", urls: &[], keys: &[], instead_of: &[] },
            Door { provider: "openai", urls: &[], keys: &[], instead_of: &[] },
            Door { provider: "gemini", urls: &[], keys: &[], instead_of: &[] },
        ],
        login: Some(("`opencode auth login`", "a key of its provider")),
        minimum: Some("1.18.0"),
        ..USUAL
    },
    Agent {
        name: "claude-agent-acp",
        doc: "Claude Code, through its adapter for the Agent Client Protocol",
        program: Program::InPath {
            name: "claude-agent-acp",
            install: "npm install -g @agentclientprotocol/claude-agent-acp",
        },
        modes: Some([Some("default"), Some("acceptEdits"), Some("acceptEdits"), Some("acceptEdits")]),
        env: &[("CLAUDE_CODE_TMPDIR", "{tmp}"), ("DISABLE_AUTOUPDATER", "1")],
        // As root it can't open a session without (0.23.1), and it never leaves by itself.
        root_env: &[("IS_SANDBOX", "1")],
        leave_ms: 500,
        dialect: Dialect::Acp { counts: true },
        told: GatewayHint::ByVariables,
        doors: &[ANTHROPIC],
        takes_keys: true,
        state: &["$CLAUDE_CONFIG_DIR", "~/.claude", "~/.claude.json"],
        login: Some(("`claude`", "ANTHROPIC_API_KEY")),
        ..USUAL
    },
    Agent {
        name: "aider",
        doc: "aider; it edits and commits, and asks nothing",
        program: Program::InPath { name: "aider", install: "pip install aider-chat" },
        // Without streaming it counts what the provider says, and does not estimate (0.86.2).
        args: &[
            "--yes-always",
            "--no-check-update",
            "--no-show-model-warnings",
            "--no-show-release-notes",
            "--no-pretty",
            "--no-stream",
            "--analytics-disable",
            "--analytics-log",
            "{attempt}/aider.jsonl",
            "--chat-history-file",
            "{attempt}/aider.md",
            "--input-history-file",
            "{attempt}/aider.input",
            "--message",
            "{prompt}",
        ],
        model_flag: Some("--model"),
        env: &[("LITELLM_LOCAL_MODEL_COST_MAP", "True")],
        dialect: Dialect::Aider,
        told: GatewayHint::ByVariables,
        doors: redirect::USUAL,
        takes_keys: true,
        state: &["~/.aider", "~/.cache/litellm"],
        login: Some(("a key", "OPENAI_API_KEY or the like")),
        minimum: Some("0.86.0"),
        ..USUAL
    },
];

/// Every agent, the default first.
pub fn all() -> &'static [Agent] {
    AGENTS
}

impl Agent {
    /// Says how to log it in, or which variable stands in for a login; `None` where that is not known.
    pub fn log_in(&self) -> Option<String> {
        self.login.map(|(command, key)| format!("log in with {command}, or set {key} in [agent.{}] env", self.name))
    }
}

pub fn find(name: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.name == name)
}

pub(crate) fn by_policy<T: Copy>(choices: &ByPolicy<T>, policy: Policy) -> T {
    let [ask, edits, all, sandboxed] = choices;
    *match policy {
        Policy::Ask => ask,
        Policy::Edits => edits,
        Policy::All => all,
        Policy::Sandboxed => sandboxed,
    }
}
