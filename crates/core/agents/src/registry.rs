//! The agents pilothouse knows, as data: adding one is one entry here and at most one dialect.

/// How an agent's program is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// A role of pilothouse's own binary.
    Own,
    /// A program in PATH, and how one gets it.
    InPath { name: &'static str, install: &'static str },
}

/// What an agent's standard output is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Claude Code's stream-json, both ways, with `--permission-prompt-tool stdio`.
    ClaudeStream,
    /// Text; the exit code is all there is to go by.
    Plain,
}

/// One agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent {
    pub name: &'static str,
    pub doc: &'static str,
    pub program: Program,
    args: &'static [&'static str],
    /// Variables of its environment.
    pub env: &'static [(&'static str, &'static str)],
    pub dialect: Dialect,
    /// What starts it in a terminal; `None` when it has no screen of its own.
    interactive: Option<&'static [&'static str]>,
    /// The models it can be asked for; empty when any name may be one.
    pub models: &'static [&'static str],
}

/// What a keeper needs to start an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub program: Program,
    pub args: Vec<String>,
    /// Lines for standard input, each with its id.
    pub input: Vec<(String, String)>,
}

const AGENTS: &[Agent] = &[
    Agent {
        name: "rehearsal",
        doc: "scripted, built in, needs no key; its models are its scenarios",
        program: Program::Own,
        args: &["__rehearsal"],
        env: &[],
        dialect: Dialect::ClaudeStream,
        interactive: Some(&["--interactive"]),
        models: &[
            "success",
            "slow",
            "chatty",
            "fails",
            "fails-once",
            "asks",
            "limited",
            "forks",
            "no-change",
            "big-output",
            "escape",
            "hostile",
        ],
    },
    Agent {
        name: "claude",
        doc: "Claude Code; edits go through, everything else that needs leave is asked",
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
            "--permission-mode",
            "acceptEdits",
        ],
        env: &[("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1")],
        dialect: Dialect::ClaudeStream,
        interactive: None,
        models: &[],
    },
];

/// Every agent, the default first.
pub fn all() -> &'static [Agent] {
    AGENTS
}

pub fn find(name: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.name == name)
}

impl Agent {
    /// Whether it has a screen of its own that a person can work in.
    pub fn has_terminal(&self) -> bool {
        self.interactive.is_some()
    }

    /// How to start it in a terminal, with the task as its first prompt.
    pub fn start_interactive(&self, prompt: &str, model: Option<&str>, resume: Option<&str>) -> Start {
        let mut start = self.start(prompt, model, resume);
        start.input.clear();
        start.args.extend(self.interactive.unwrap_or_default().iter().map(|arg| (*arg).to_owned()));
        // What begins with a dash is a task too.
        start.args.extend(["--".to_owned(), prompt.to_owned()]);
        start
    }

    /// How to start it headless on `prompt`, in a new session or going on in the one called `resume`.
    pub fn start(&self, prompt: &str, model: Option<&str>, resume: Option<&str>) -> Start {
        let mut args: Vec<String> = self.args.iter().map(|arg| (*arg).to_owned()).collect();
        if let Some(model) = model {
            args.extend(["--model".to_owned(), model.to_owned()]);
        }
        if let Some(session) = resume {
            args.extend(["--resume".to_owned(), session.to_owned()]);
        }
        let input = match self.dialect {
            Dialect::ClaudeStream => vec![("prompt".to_owned(), crate::claude_stream::prompt(prompt))],
            Dialect::Plain => Vec::new(),
        };
        Start { program: self.program, args, input }
    }
}
