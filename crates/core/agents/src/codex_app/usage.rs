//! Token counts of the dialect: what each model response used, and the thread's total, which also earlier processes
//! of the thread have added to.

use domain::tokens::Tokens;
use serde_json::Value;

/// A breakdown in exclusive buckets: what it calls input has what was read from and written to a cache in it, what it
/// calls output has reasoning in it.
pub(super) fn exclusive(usage: &Value) -> Tokens {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    let (cache_read, cache_write) = (count("cachedInputTokens"), count("cacheWriteInputTokens"));
    Tokens {
        input: count("inputTokens").saturating_sub(cache_read).saturating_sub(cache_write),
        output: count("outputTokens"),
        cache_read,
        cache_write,
    }
}
