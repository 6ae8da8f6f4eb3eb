//! One call of a model as people read it, cell by cell.

use crate::event::{CallEnd, ModelCalled};
use crate::figures::{self, UNKNOWN};
use crate::text;

/// The cells of one call, each harmless to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCells {
    pub model: String,
    pub input: String,
    pub cache_read: String,
    pub cache_write: String,
    pub output: String,
    /// With `+` where the provider may bill more.
    pub cost: String,
    /// Until the first byte.
    pub first: String,
    pub took: String,
    /// How it ended, and what was wrong with it.
    pub end: String,
    pub went_wrong: bool,
}

impl CallCells {
    pub fn of(call: &ModelCalled) -> Self {
        let unknown = || UNKNOWN.to_owned();
        let buckets = call.tokens.map(|t| [t.input, t.cache_read, t.cache_write, t.output].map(figures::count));
        let [input, cache_read, cache_write, output] = buckets.unwrap_or_else(|| [(); 4].map(|()| unknown()));
        let more = if call.bill_is_open() { "+" } else { "" };
        let cost = call.cost_usd.map_or_else(unknown, |usd| format!("{usd}{more}"));
        Self {
            model: text::line(call.model().unwrap_or(UNKNOWN)),
            input,
            cache_read,
            cache_write,
            output,
            cost,
            first: call.first_byte_ms.map_or_else(unknown, figures::seconds),
            took: figures::seconds(call.duration_ms),
            end: text::line(&end(call)),
            went_wrong: call.end != CallEnd::Whole || call.status.is_some_and(|status| status >= 400),
        }
    }
}

fn end(call: &ModelCalled) -> String {
    let end = match call.end {
        CallEnd::Whole => call.finish.clone().unwrap_or_default(),
        CallEnd::Cut => "broke off".to_owned(),
        CallEnd::Left => "the agent hung up".to_owned(),
        CallEnd::Interrupted => "the gateway was killed".to_owned(),
        CallEnd::Unreached => "not reached".to_owned(),
        CallEnd::Refused => "not sent".to_owned(),
    };
    let status = call.status.filter(|status| *status >= 400).map(|status| format!("status {status}"));
    let special = call.special.as_ref().map(|special| format!("price unknown: {special}"));
    let tried = call.retry.filter(|n| *n > 0).map(|n| format!("try {}", n + 1));
    let parts = [Some(end).filter(|end| !end.is_empty()), status, tried, call.error.clone(), special];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
