//! What was billed, which is what every other count is held against.

use domain::tokens::Tokens;

/// A request that was billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billed {
    /// Scenario and what was set behind it, as the path has it.
    pub path: String,
    pub model: String,
    /// Tokens of its bill that were reported to the agent; all of them once the answer has ended.
    pub tokens: Tokens,
}

/// Returns the bill of the request after `step` answers of one conversation: tokens that were not cached, written to
/// the cache, read from it, and given out. The same as in the recorded streams.
pub(crate) fn price(step: usize) -> Tokens {
    let (input, cache_write, cache_read, output) = match step {
        0 => (21, 14_302, 0, 158),
        1 => (9, 413, 14_302, 94),
        _ => (9, 414, 14_715, 95),
    };
    Tokens { input, output, cache_read, cache_write }
}
