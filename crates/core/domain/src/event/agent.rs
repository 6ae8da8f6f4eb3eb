//! Data of the events that an agent declares in its output.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::question::{QuestionKind, SingleQuestion};
use crate::timestamp::Timestamp;
use crate::tokens::Tokens;

/// The agent named its session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentSession {
    pub session: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The option of the session that its model is set by, where it has one for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_option: Option<String>,
    /// No other process goes on in it: nothing would tell the program to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_here: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentMessage {
    pub text: String,
}

/// The agent tries a model request again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRetrying {
    pub attempt: u32,
    pub reason: String,
}

/// The agent said how its work ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFinished {
    pub ok: bool,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCalled {
    pub id: String,
    pub name: String,
    /// The file, command or pattern it is about, at most 300 characters.
    pub about: String,
    /// The change in full, where the agent may ask for it later without saying again what it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolReturned {
    pub id: String,
    pub ok: bool,
    /// The first 300 characters of what it returned; the whole is in the attempt's output.
    pub text: String,
}

/// The use that the agent reports since its last report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsageReported {
    pub tokens: Tokens,
    /// The model that used them; the session's where that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens of `cache_write` that are kept for an hour, which cost more.
    #[serde(default, skip_serializing_if = "super::spending::is_zero")]
    pub cache_write_1h: u64,
    /// The agent's own name for what was counted (a message, a turn), so that nothing counts twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The cost of these tokens by the price table; none where the model or its price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
}

/// The agent asks a human and goes no further without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WaitingStarted {
    /// The agent's id of the question; an answer is bound to it.
    pub id: String,
    pub text: String,
    /// The answers to choose from; empty when any text will do.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The tool it wants to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The tool's input as JSON text, which some agents want back with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(default, skip_serializing_if = "QuestionKind::is_permission")]
    pub kind: QuestionKind,
    /// The single questions, or the fields of a form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<SingleQuestion>,
    /// All of what is asked, over several lines, where that is more than `text`: a plan, a patch, every option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
}

/// Something that a person said and that the agent's protocol has no place for: it is told when its turn is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsGiven {
    pub text: String,
}

/// The agent asked for something that pilothouse can't do; it is told so at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRefused {
    /// The agent's id of the request.
    pub id: String,
    pub what: String,
    /// The line that it is told.
    pub reply: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingEnded {
    pub id: String,
    /// The answer in words, or why the question went away.
    pub how: String,
}

/// A provider's limit stops the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limited {
    /// Only when the provider said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<Timestamp>,
    pub reason: String,
}

/// The limit ended the attempt; the run goes on by itself at this time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitedWaits {
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LimitedEnded {}

/// A line of output that this version can't read; the line itself stays in the attempt's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Offset of the line's first byte in the file.
    pub from: u64,
    /// The line's length in bytes, without its newline.
    pub len: u64,
    pub why: String,
}
