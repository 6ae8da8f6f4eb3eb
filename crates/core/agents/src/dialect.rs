//! What an agent's standard input and output are written in.

/// A dialect of standard input and output; its name is the value of `reads` in the settings of a person's own agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Claude Code's stream-json, both ways, with `--permission-prompt-tool stdio`.
    ClaudeStream,
    /// `codex app-server`.
    CodexApp,
    /// The Agent Client Protocol; `counts` says whether the answer to a prompt has the tokens of the whole turn.
    Acp { counts: bool },
    /// Text, and aider's analytics log beside it.
    Aider,
    /// Text; the exit code is all there is to go by.
    Plain,
}

impl Dialect {
    /// Every dialect that can be named.
    pub const ALL: [Self; 6] = [
        Self::ClaudeStream,
        Self::CodexApp,
        Self::Acp { counts: true },
        Self::Acp { counts: false },
        Self::Aider,
        Self::Plain,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeStream => "claude-stream",
            Self::CodexApp => "codex-app-server",
            Self::Acp { counts: true } => "acp",
            Self::Acp { counts: false } => "acp-without-tokens",
            Self::Aider => "aider",
            Self::Plain => "text",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Whether the agent says itself how its work ended; where it does not, its exit says it.
    pub fn says_its_end(self) -> bool {
        !matches!(self, Self::Aider | Self::Plain)
    }

    /// The file in the attempt's folder that an agent of this dialect writes beside its output.
    pub fn side_file(self) -> Option<&'static str> {
        (self == Self::Aider).then_some("aider.jsonl")
    }
}
