//! Answers of the gateway's own, in the words that agents understand of their providers.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use metering::Api;
use serde_json::{Value, json};

/// 400 is the one status that every agent takes for final: 401, 402, 429 and 5xx set off minutes of retries (measured with
/// Claude Code 2.1.197, Codex 0.169.0, OpenCode 1.18.33, Gemini CLI 0.61.0).
pub(crate) const FINAL: StatusCode = StatusCode::BAD_REQUEST;

pub(crate) fn refuse(api: Option<Api>, status: StatusCode, message: &str) -> Response<Body> {
    let message = format!("pilothouse: {message}");
    let body: Value = match api {
        Some(Api::Messages) => {
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}})
        }
        Some(Api::Generate) => {
            json!({"error": {"code": status.as_u16(), "message": message, "status": "FAILED_PRECONDITION"}})
        }
        Some(Api::Responses | Api::Chat | Api::Other) | None => {
            json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": "pilothouse"}})
        }
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    let response = if status.is_server_error() { response } else { response.header("x-should-retry", "false") };
    response.body(Body::from(body.to_string())).expect("a whole response")
}
