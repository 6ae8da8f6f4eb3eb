//! Token counts of the dialect, which every agent fills in another way.

use domain::tokens::Tokens;
use serde_json::Value;

/// Returns the tokens that the answer to a prompt tells; `None` when it tells none.
pub(super) fn of_turn(result: &Value) -> Option<Tokens> {
    let usage = &result["usage"];
    if usage.is_object() {
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        // The unstable part of the protocol: exclusive buckets, thought tokens beside the output.
        return Some(Tokens {
            input: count("inputTokens"),
            output: count("outputTokens").saturating_add(count("thoughtTokens")),
            cache_read: count("cachedReadTokens"),
            cache_write: count("cachedWriteTokens"),
        });
    }
    // Gemini CLI: input has what was cached in it, so the buckets can't be told apart and all of it is called input.
    let quota = &result["_meta"]["quota"]["token_count"];
    let input = quota["input_tokens"].as_u64()?;
    Some(Tokens { input, output: quota["output_tokens"].as_u64().unwrap_or(0), ..Tokens::default() })
}
