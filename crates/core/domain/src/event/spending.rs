//! Data of the events about what was used, what it cost, and what may be used.

use serde::{Deserialize, Serialize};

use crate::budget::{Budget, BudgetOf, Used};
use crate::money::Usd;
use crate::timestamp::Timestamp;
use crate::tokens::{Amount, Tokens};

/// How a call of a model ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The answer came to its end.
    Whole,
    /// The provider's answer broke off.
    Cut,
    /// The agent hung up before the answer's end.
    Left,
    /// The gateway was killed while it came.
    Interrupted,
    /// The provider could not be reached.
    Unreached,
    /// Not forwarded: a budget was reached, or there is no key.
    Refused,
}

/// A call of a model, as the gateway measured it. It has no content of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCalled {
    /// The gateway's name for the call.
    pub id: String,
    /// `anthropic`, `openai`, `gemini`, or another of the settings.
    pub provider: String,
    /// The model asked for, and the one that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    pub began_at: Timestamp,
    /// Milliseconds until the first byte of the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    pub duration_ms: u64,
    /// The HTTP status of the answer; none when none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub end: CallEnd,
    /// In the provider's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// Why it was not answered, in the gateway's or the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How often the agent had tried the request before, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// The agent's own name for its session, where it sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Tokens that the provider said it bills; none when it said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Tokens of `cache_write` that are kept for an hour, which cost more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_1h: u64,
    /// The part of these that other models used, such as an advisor that the answer's model asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<UsedBeside>,
    /// The budget that it was not sent for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<BudgetReached>,
    /// The reason why the call costs something else than the table says, so that its cost is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special: Option<String>,
    /// The cost of these tokens by the price table; none where that has no price for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
    /// The upper bound of what it may cost beyond that, where its bill is not known to the end. Only budgets count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Used>,
}

/// The end of each error of a call for which the gateway had no key that counts.
pub const KEY_SOURCE: &str = "says where it comes from";

/// The use of another model for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedBeside {
    pub model: String,
    pub tokens: Tokens,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_1h: u64,
    /// None where the table has no price for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Usd>,
}

pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl ModelCalled {
    /// Whether the provider may bill more than it said.
    pub fn bill_is_open(&self) -> bool {
        let answered = self.status.is_none_or(|status| status < 400);
        match self.end {
            CallEnd::Cut | CallEnd::Left | CallEnd::Interrupted => answered,
            // Answered without a word of what that costs.
            CallEnd::Whole => answered && self.tokens.is_none(),
            CallEnd::Unreached | CallEnd::Refused => false,
        }
    }

    /// The amount that the answering model used itself, of all that is billed.
    pub fn own_amount(&self) -> Amount {
        let amount = |tokens, cache_write_1h| Amount { tokens, cache_write_1h };
        let whole = amount(self.tokens.unwrap_or_default(), self.cache_write_1h);
        self.beside.iter().fold(whole, |own, of| own.less(amount(of.tokens, of.cache_write_1h)))
    }

    /// The model to name it by.
    pub fn model(&self) -> Option<&str> {
        self.answered.as_deref().or(self.asked.as_deref())
    }
}

/// Four fifths of a budget are used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetWarned {
    pub of: BudgetOf,
    /// The amount used and the limit, in words.
    pub used: String,
}

/// A budget is used up: the run stands still until a person decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetReached {
    pub of: BudgetOf,
    /// The amount used and the limit, in words.
    pub used: String,
}

/// A budget was set: the amount that the run may use in all from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetSet {
    pub budget: Budget,
    /// Until it has used that, the budgets of day and repository don't stop it.
    #[serde(default)]
    pub alone: bool,
}
