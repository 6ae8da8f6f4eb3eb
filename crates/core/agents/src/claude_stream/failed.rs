//! Why a result is a failure, in the words that say most.

use serde_json::Value;

use crate::session::Session;

/// Claude Code's word for a session that it does not have.
const NO_SESSION: &str = "No conversation found";

/// Whether the model refused to go on; some versions call such a result a success.
pub(super) fn is_refusal(result: &Value) -> bool {
    result["stop_reason"] == "refusal"
}

pub(super) fn reason(session: &Session, result: &Value) -> String {
    let said = result["result"].as_str().unwrap_or_default().trim();
    let errors = result["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // Some are notes for who makes the program, and say nothing to people.
    let errors = errors
        .map(str::trim)
        .filter(|error| !error.is_empty() && !error.starts_with('['))
        .collect::<Vec<_>>()
        .join("; ");
    if is_refusal(result) {
        return if said.is_empty() {
            "its model refused to go on".to_owned()
        } else {
            format!("its model refused: {said}")
        };
    }
    if errors.contains(NO_SESSION) {
        return session.not_opened(&errors);
    }
    match (said, errors.is_empty()) {
        ("", true) => result["subtype"].as_str().unwrap_or_default().replace('_', " "),
        ("", false) => errors,
        (said, _) => said.to_owned(),
    }
}
