//! Token counts of the dialect: per message while it runs, corrected by the whole at its end.

use domain::tokens::Tokens;
use serde_json::Value;

/// `message.usage` and `result.usage`: buckets are exclusive already.
pub(crate) fn of_message(usage: &Value) -> Tokens {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
    Tokens {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
    }
}

/// `result.modelUsage`, summed over models: cumulative for the process, and right where `result.usage`
/// has lost a turn that was cut.
pub(super) fn of_process(models: &Value) -> Option<Tokens> {
    let models = models.as_object().filter(|models| !models.is_empty())?;
    let mut sum = Tokens::default();
    for usage in models.values() {
        let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        sum += Tokens {
            input: count("inputTokens"),
            output: count("outputTokens"),
            cache_read: count("cacheReadInputTokens"),
            cache_write: count("cacheCreationInputTokens"),
        };
    }
    Some(sum)
}

/// What `whole` has more than `counted`, bucket by bucket. Never negative: what was reported once stays.
pub(super) fn beyond(whole: Tokens, counted: Tokens) -> Tokens {
    Tokens {
        input: whole.input.saturating_sub(counted.input),
        output: whole.output.saturating_sub(counted.output),
        cache_read: whole.cache_read.saturating_sub(counted.cache_read),
        cache_write: whole.cache_write.saturating_sub(counted.cache_write),
    }
}
