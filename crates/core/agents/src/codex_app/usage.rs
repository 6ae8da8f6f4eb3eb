//! Token counts of the dialect: what each model response used, and the thread's total, which also earlier processes
//! of the thread have added to.

use domain::tokens::Tokens;
use serde_json::Value;

/// Names that Codex gives the parts of a breakdown: its input, the parts of it that were read from and written to a
/// cache, its output.
pub(crate) type Names = [&'static str; 4];

/// The names in Codex's protocol.
pub(super) const NAMES: Names = ["inputTokens", "cachedInputTokens", "cacheWriteInputTokens", "outputTokens"];

/// A breakdown in exclusive buckets: what it calls input has what was read from and written to a cache in it, what it
/// calls output has reasoning in it.
pub(crate) fn exclusive(usage: &Value, names: Names) -> Tokens {
    let [input, cache_read, cache_write, output] = names.map(|name| usage[name].as_u64().unwrap_or(0));
    Tokens { input: input.saturating_sub(cache_read).saturating_sub(cache_write), output, cache_read, cache_write }
}
