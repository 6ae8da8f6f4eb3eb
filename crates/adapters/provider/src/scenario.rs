//! What the model does, request by request.

use domain::tokens::Tokens;

/// A story that a model plays with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelScenario {
    /// Writes a file, reads it, says so.
    Ok,
    /// Writes the file with a mistake in it, and without it when the conversation goes on.
    Mends,
    /// As `Ok`, and commits.
    Commit,
    /// Says something and nothing else.
    Text,
    /// As `Ok`, and each answer's input is compacted before.
    Compacted,
    /// As `Ok`, and each answer asks another model on its way.
    Advised,
    /// Says something in eighty pieces, one each 150 ms.
    Slow,
    /// Begins an answer and never goes on.
    Hang,
    /// Begins the first answer and never goes on with it, then as `Ok`.
    HangOnce,
    /// Has a command run that takes two minutes.
    Long,
    /// Has a command run that an agent asks its person for.
    Ask,
    /// Has a command run in the background, and goes on when word of its end comes.
    Background,
    /// Has a command run that writes beside the worktree.
    Outside,
    /// Answers every request with this HTTP status.
    Fails(u16),
    /// Answers the first request with this HTTP status, then as `Ok`.
    FailsOnce(u16),
    /// Closes every answer in the middle.
    Cut,
    /// Closes the first answer in the middle, then as `Ok`.
    CutOnce,
}

/// The model's answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Say(&'static str),
    Write {
        name: &'static str,
        text: &'static str,
    },
    Run(&'static str),
    /// As `Run`, and the agent goes on meanwhile where it can.
    RunBehind(&'static str),
    /// As `Run`, and the agent asks its person for leave where it can be told to.
    AskToRun(&'static str),
}

/// A step of an answer that its figure does not have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aside {
    pub(crate) kind: &'static str,
    /// The model that the step asked, where that is another one.
    pub(crate) model: Option<&'static str>,
    pub(crate) tokens: Tokens,
}

/// How one answer reaches the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Slowly,
    Never,
    Cut,
    Status(u16),
}

impl ModelScenario {
    /// Reads `ok`, `slow`, `429`, `500once`, `cutonce`; what stands after a dot only tells conversations apart.
    pub fn parse(path: &str) -> Option<Self> {
        let name = path.split('.').next().unwrap_or(path);
        Some(match name {
            "ok" => Self::Ok,
            "mends" => Self::Mends,
            "commit" => Self::Commit,
            "text" => Self::Text,
            "compacted" => Self::Compacted,
            "advised" => Self::Advised,
            "slow" => Self::Slow,
            "hang" => Self::Hang,
            "hangonce" => Self::HangOnce,
            "long" => Self::Long,
            "ask" => Self::Ask,
            "background" => Self::Background,
            "outside" => Self::Outside,
            "cut" => Self::Cut,
            "cutonce" => Self::CutOnce,
            _ => match name.strip_suffix("once") {
                Some(status) => Self::FailsOnce(status.parse().ok()?),
                None => Self::Fails(name.parse().ok()?),
            },
        })
    }

    /// Returns what each answer is billed for beside its own figure, where the interface can report that.
    pub(crate) fn aside(self) -> Option<Aside> {
        let of = |input, output| Tokens { input, output, ..Tokens::default() };
        match self {
            Self::Compacted => Some(Aside { kind: "compaction", model: None, tokens: of(180_000, 3_500) }),
            Self::Advised => {
                let model = Some("claude-opus-4-7");
                Some(Aside { kind: "advisor_message", model, tokens: of(159_419, 7_805) })
            }
            _ => None,
        }
    }

    /// Returns how the answer to request `n` of this path, counted from zero, reaches the agent.
    pub(crate) fn way(self, n: usize) -> Delivery {
        match self {
            Self::Slow => Delivery::Slowly,
            Self::Hang => Delivery::Never,
            Self::HangOnce if n == 0 => Delivery::Never,
            Self::Cut => Delivery::Cut,
            Self::CutOnce if n == 0 => Delivery::Cut,
            Self::Fails(status) => Delivery::Status(status),
            Self::FailsOnce(status) if n == 0 => Delivery::Status(status),
            _ => Delivery::Whole,
        }
    }

    /// Returns what the model does after `step` answers of one conversation.
    pub(crate) fn act(self, step: usize) -> Act {
        const HELLO: Act = Act::Write { name: "hello.txt", text: "Hello from a scripted model.\n" };
        match (self, step) {
            (Self::Text | Self::Slow | Self::Hang, _) => Act::Say("There is nothing to do but to say this."),
            (Self::Long, 0) => Act::Run("sleep 120"),
            (Self::Ask, 0) => Act::AskToRun("sh -c 'touch asked.txt'"),
            (Self::Background, 0) => Act::RunBehind("sleep 3 && touch behind.txt"),
            (Self::Background, 1) => Act::Say("I go on when it is done."),
            (Self::Background, 2) => Act::Run("touch after.txt"),
            (Self::Outside, 0) => Act::Run("echo out > ../outside.txt"),
            (Self::Long | Self::Ask | Self::Outside, _) => Act::Say("Done: the command was run, or was not."),
            (Self::Mends, 0) => Act::Write { name: "hello.txt", text: "Helo from a scripted model.\n" },
            (Self::Mends, 2) => Act::Say("Done. hello.txt says hello."),
            (Self::Mends, 3) => HELLO,
            (Self::Mends, 1 | 4) => Act::Run("cat hello.txt"),
            (_, 0) => HELLO,
            (Self::Commit, 1) => Act::Run("git add -A && git commit -q -m 'add hello.txt'"),
            (_, 1) => Act::Run("cat hello.txt"),
            (_, _) => Act::Say("Done. hello.txt says hello."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_read_from_paths() {
        assert_eq!(ModelScenario::parse("ok.7f"), Some(ModelScenario::Ok));
        assert_eq!(ModelScenario::parse("429once"), Some(ModelScenario::FailsOnce(429)));
        assert_eq!(ModelScenario::parse("500.x"), Some(ModelScenario::Fails(500)));
        assert_eq!(ModelScenario::parse("nonsense"), None);
        assert_eq!(ModelScenario::FailsOnce(429).way(0), Delivery::Status(429));
        assert_eq!(ModelScenario::FailsOnce(429).way(1), Delivery::Whole);
    }
}
