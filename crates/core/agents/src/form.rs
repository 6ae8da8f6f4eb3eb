//! Forms that a tool's server asks to be filled in (elicitation of the Model Context Protocol, 2025-11-25): flat objects.

use domain::event::WaitingStarted;
use domain::question::{AnswerKind, AnswerOption, QuestionKind, SingleAnswer, SingleQuestion, in_a_line, written_out};
use serde_json::{Map, Value, json};

use crate::short::{short, whole};

/// The question that such a request is, without its id and input.
pub(crate) fn asked(server: &str, request: &Value) -> WaitingStarted {
    let message = request["message"].as_str().unwrap_or_default();
    let address = request["url"].as_str().map_or_else(String::new, |url| format!(" at {url}"));
    let lead = format!("{server} asks{address}: {message}");
    let asks = fields(schema(request));
    WaitingStarted {
        text: short(&in_a_line(&lead, &asks)),
        full: Some(whole(&written_out(&lead, &asks))),
        choices: asks.iter().flat_map(|ask| ask.options.iter().map(|option| option.label.clone())).collect(),
        kind: QuestionKind::Form,
        asks,
        ..WaitingStarted::default()
    }
}

/// The schema, which not all spell alike.
fn schema(request: &Value) -> &Value {
    if request["requestedSchema"].is_object() { &request["requestedSchema"] } else { &request["requested_schema"] }
}

fn fields(schema: &Value) -> Vec<SingleQuestion> {
    let required = |name: &str| schema["required"].as_array().into_iter().flatten().any(|known| known == name);
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields.map(|(name, field)| SingleQuestion { optional: !required(name), ..question(name, field) }).collect()
}

fn question(name: &str, field: &Value) -> SingleQuestion {
    let text = |key: &str| field[key].as_str().filter(|text| !text.is_empty());
    let said = [text("title"), text("description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let many = field["type"] == "array";
    let options = options(if many { &field["items"] } else { field });
    SingleQuestion {
        id: name.to_owned(),
        header: name.to_owned(),
        text: if said.is_empty() { name.to_owned() } else { said },
        many,
        only_options: !options.is_empty(),
        options,
        secret: text("format") == Some("password"),
        takes: match field["type"].as_str() {
            Some("boolean") => AnswerKind::YesNo,
            Some("integer") => AnswerKind::WholeNumber,
            Some("number") => AnswerKind::Number,
            _ => AnswerKind::Text,
        },
        ..SingleQuestion::default()
    }
}

/// The options of a field: values with their own names, or values that are names.
fn options(field: &Value) -> Vec<AnswerOption> {
    let option = |value: &Value, label: &Value| {
        let value = value.as_str().map(str::to_owned)?;
        let label = label.as_str().map_or_else(|| value.clone(), str::to_owned);
        Some(AnswerOption { label, value, about: String::new() })
    };
    if let Some(named) = field["oneOf"].as_array().or(field["anyOf"].as_array()) {
        return named.iter().filter_map(|one| option(&one["const"], &one["title"])).collect();
    }
    let values = field["enum"].as_array().into_iter().flatten().enumerate();
    values.filter_map(|(n, value)| option(value, &field["enumNames"][n])).collect()
}

/// The reply that accepts a form with these answers, each value as its field wants it.
pub(crate) fn accepted(request: &Value, answers: &[SingleAnswer]) -> Value {
    let fields = &schema(request)["properties"];
    let content: Map<String, Value> =
        answers.iter().map(|answer| (answer.id.clone(), value(&fields[&answer.id], &answer.values))).collect();
    json!({"action": "accept", "content": content})
}

fn value(field: &Value, said: &[String]) -> Value {
    let one = said.first().map(String::as_str).unwrap_or_default();
    match field["type"].as_str() {
        Some("array") => json!(said),
        Some("boolean") => json!(one == "true"),
        Some("integer") => one.parse::<i64>().map_or_else(|_| json!(one), |n| json!(n)),
        Some("number") => one.parse::<f64>().map_or_else(|_| json!(one), |n| json!(n)),
        _ => json!(said.join(", ")),
    }
}
