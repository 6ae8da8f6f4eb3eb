//! Token counts of the dialect: per message while it runs, corrected by the whole at its end.

use domain::Body;
use domain::event::UsageReported;
use domain::tokens::{ModelUse, Tokens};
use serde_json::Value;

use crate::counted::{Amount, Counted, plain_name};
use crate::session::Session;

/// What the name of a report of usage begins with that is of a result, and not of a message.
pub(crate) const RESULT: &str = "result ";

/// What one message used, by its own model. Buckets are exclusive already.
pub(crate) fn of_message(message: &Value) -> ModelUse {
    let model = message["model"].as_str().filter(|model| !model.is_empty());
    let usage = &message["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    let tokens = Tokens {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
    };
    let cache_write_1h = usage["cache_creation"]["ephemeral_1h_input_tokens"].as_u64().unwrap_or(0);
    ModelUse { model: model.map(str::to_owned), tokens, cache_write_1h }
}

/// What a result says that was used and no message has told.
pub(super) fn of_result(session: &Session, result: &Value) -> Vec<Body> {
    let whole = by_model(&result["modelUsage"]);
    // Of the turns since the result before, also where the session is another process's.
    let since = &result["model_usage_since_last_result"];
    let (rest, of) = if since.is_object() {
        let id = result["uuid"].as_str().unwrap_or("without a name");
        (by_model(since).beyond(session.since_result()), Some(format!("{RESULT}{id}")))
    } else {
        let mut counted = session.counted().clone();
        let mut with_earlier = session.counted_earlier();
        with_earlier.add_all(&counted);
        // From 2.1.266 to 2.1.308 the whole is the session's, over all its processes; before that it is the process's.
        if covers(whole.total(), with_earlier.total()) {
            counted = with_earlier;
        }
        (whole.beyond(&counted), None)
    };
    let report = |model: &str, amount: &Amount| UsageReported {
        tokens: amount.tokens,
        model: (!model.is_empty()).then(|| model.to_owned()),
        cache_write_1h: amount.cache_write_1h,
        of: of.clone(),
        cost_usd: None,
    };
    let mut reports: Vec<_> = rest.0.iter().map(|(model, amount)| report(model, amount)).collect();
    // What comes after this result is told from here on, so that it is marked where nothing is left to tell.
    if reports.is_empty() && of.is_some() && session.since_result() != &Counted::default() {
        reports.push(UsageReported { of: of.clone(), ..UsageReported::default() });
    }
    reports.into_iter().map(Body::from).collect()
}

/// Whether so much was used as was counted, by what messages tell to the end: their first output is no whole one.
fn covers(whole: Tokens, counted: Tokens) -> bool {
    whole.input >= counted.input && whole.cache_read >= counted.cache_read && whole.cache_write >= counted.cache_write
}

/// `modelUsage`, also right where `usage` has lost a turn that was cut.
fn by_model(models: &Value) -> Counted {
    let mut counted = Counted::default();
    for (name, usage) in models.as_object().into_iter().flatten() {
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        let tokens = Tokens {
            input: count("inputTokens"),
            output: count("outputTokens"),
            cache_read: count("cacheReadInputTokens"),
            cache_write: count("cacheCreationInputTokens"),
        };
        let cache_write_1h = count("cacheCreationEphemeral1hInputTokens");
        let name = usage["canonicalModel"].as_str().unwrap_or(name);
        counted.add(plain_name(name), Amount { tokens, cache_write_1h });
    }
    counted
}
