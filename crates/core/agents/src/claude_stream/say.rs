//! What is written to the agent's standard input.

use domain::decide::FittingAnswer;
use domain::question::QuestionKind;
use domain::run::Question;
use serde_json::{Value, json};

use crate::{form, rpc};

/// The task as a user message, one line with its newline.
pub(crate) fn prompt(text: &str) -> String {
    let message = json!({
        "type": "user",
        "message": {"role": "user", "content": [{"type": "text", "text": text}]},
    });
    format!("{message}\n")
}

/// The response to a control request, one line with its newline. Allowing hands the input back.
pub(crate) fn answer(question: &Question, given: &FittingAnswer) -> String {
    let input = question.input.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut input = input.unwrap_or_else(|| json!({}));
    let response = match (question.kind, given) {
        (QuestionKind::Form, FittingAnswer::Answers(answers)) => form::accepted(&input, answers),
        (QuestionKind::Form, FittingAnswer::Cancel) => json!({"action": "cancel"}),
        (QuestionKind::Form, _) => json!({"action": "decline"}),
        (_, FittingAnswer::Answers(answers)) => {
            let said = answers.iter().map(|answer| (answer.id.clone(), json!(answer.values.join(", "))));
            input["answers"] = Value::Object(said.collect());
            json!({"behavior": "allow", "updatedInput": input})
        }
        (_, FittingAnswer::Allow | FittingAnswer::AllowRun) => json!({"behavior": "allow", "updatedInput": input}),
        (QuestionKind::Questions, FittingAnswer::Deny) => {
            json!({"behavior": "deny", "message": "The person at the cockpit does not want to answer this."})
        }
        (_, FittingAnswer::Deny | FittingAnswer::Cancel) => {
            json!({"behavior": "deny", "message": "The person at the cockpit said no."})
        }
        (_, FittingAnswer::Words(text)) => json!({"behavior": "deny", "message": text}),
    };
    let line = json!({
        "type": "control_response",
        "response": {"subtype": "success", "request_id": question.id, "response": response},
    });
    format!("{line}\n")
}

/// The response to a control request that nobody can answer.
pub(super) fn refusal(id: &str) -> String {
    let line = json!({
        "type": "control_response",
        "response": {"subtype": "error", "request_id": id, "error": rpc::CANNOT},
    });
    format!("{line}\n")
}
