//! Token counts of the dialect: per message while it runs, corrected by the whole at its end.

use domain::Body;
use domain::event::UsageReported;
use domain::tokens::{Amount, ModelUse, Tokens, billed};
use serde_json::Value;

use crate::counted::{TokensByModel, plain_name};
use crate::session::Session;

/// Prefix of the name of a usage report that is of a result, and not of a message.
pub(crate) const RESULT: &str = "result ";
/// Prefix of the name of a usage report of steps that neither messages nor a result's sums have in them.
pub(crate) const ASIDE: &str = "aside ";

/// The use of one message, its own model first. Buckets are exclusive already.
pub(crate) fn of_message(message: &Value) -> Vec<ModelUse> {
    let model = |of: &Value| of["model"].as_str().filter(|model| !model.is_empty()).map(str::to_owned);
    let usage = &message["usage"];
    let steps = usage["iterations"].as_array().into_iter().flatten();
    let steps = steps.map(|step| ModelUse { model: model(step), amount: amount(step) }).collect();
    billed(ModelUse { model: model(message), amount: amount(usage) }, steps)
}

fn amount(usage: &Value) -> Amount {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    let tokens = Tokens {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
    };
    let cache_write_1h = usage["cache_creation"]["ephemeral_1h_input_tokens"].as_u64().unwrap_or(0);
    Amount { tokens, cache_write_1h }
}

/// Returns reports of the use that a result counts and no message has told.
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
    if reports.is_empty() && of.is_some() && session.since_result() != &TokensByModel::default() {
        reports.push(UsageReported { of: of.clone(), ..UsageReported::default() });
    }
    reports.extend(aside(result, &rest.of_models_in(session.since_result())));
    reports.into_iter().map(Body::from).collect()
}

/// Compactions, which sums by model leave out (2.1.332). Those of a turn's last answer are told; of earlier ones its
/// transcript and the gateway know.
fn aside(result: &Value, told: &TokensByModel) -> Option<UsageReported> {
    let steps = result["usage"]["iterations"].as_array().into_iter().flatten();
    let apart = steps.filter(|step| step["type"] != "message" && step["model"].is_null());
    let Amount { tokens, cache_write_1h } = apart.map(amount).fold(Amount::default(), Amount::plus);
    // A version that has them in its sums has told of them just now.
    let told = told.total().input >= tokens.input;
    let of = format!("{ASIDE}{}", result["uuid"].as_str().unwrap_or("without a name"));
    let report = UsageReported { tokens, cache_write_1h, of: Some(of), ..UsageReported::default() };
    (tokens.total() > 0 && !told).then_some(report)
}

/// Whether so much was used as was counted, by what messages tell to the end: their first output is no whole one.
fn covers(whole: Tokens, counted: Tokens) -> bool {
    whole.input >= counted.input && whole.cache_read >= counted.cache_read && whole.cache_write >= counted.cache_write
}

/// `modelUsage`, also right where `usage` has lost a turn that was cut.
fn by_model(models: &Value) -> TokensByModel {
    let mut counted = TokensByModel::default();
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
