//! What is written to the agent's standard input.

use domain::command::Answer;
use domain::run::Question;
use serde_json::{Value, json};

/// The task as a user message, one line with its newline.
pub(crate) fn prompt(text: &str) -> String {
    let message = json!({
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": text}]},
    });
    format!("{message}\n")
}

/// The response to a `can_use_tool` request, one line with its newline. Allowing hands the input back.
pub(crate) fn answer(question: &Question, answer: &Answer) -> String {
    let response = match answer {
        Answer::Allow | Answer::AllowRun => {
            let input = question.input.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
            json!({"behavior": "allow", "updatedInput": input.unwrap_or_else(|| json!({}))})
        }
        Answer::Deny => json!({"behavior": "deny", "message": "The person at the cockpit said no."}),
        Answer::Text(text) => json!({"behavior": "deny", "message": text}),
    };
    let line = json!({
        "type": "control_response",
        "response": {"subtype": "success", "request_id": question.id, "response": response},
    });
    format!("{line}\n")
}
