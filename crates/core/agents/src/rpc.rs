//! JSON-RPC lines (with or without the `jsonrpc` field), which two of the dialects are made of.

use domain::Body;
use domain::event::{RequestRefused, WaitingStarted};
use serde_json::{Value, json};

use crate::short::{short, told};

/// A line from the agent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    /// The agent asks and goes no further in this without an answer.
    Request {
        id: Value,
        method: String,
        params: Value,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// An answer to one of our requests, which are numbered.
    Response {
        id: u64,
        result: Result<Value, String>,
    },
}

pub(crate) fn read(line: &[u8]) -> Result<Message, String> {
    let mut value: Value = serde_json::from_slice(line).map_err(|e| format!("not JSON: {e}"))?;
    if !value.is_object() {
        return Err("no object".to_owned());
    }
    let params = value["params"].take();
    match (value["method"].as_str().map(str::to_owned), value["id"].take()) {
        (Some(method), Value::Null) => Ok(Message::Notification { method, params }),
        (Some(method), id) => Ok(Message::Request { id, method, params }),
        (None, id) => {
            let id = id.as_u64().ok_or("neither a request nor an answer to one")?;
            let error = &value["error"];
            if error.is_null() {
                return Ok(Message::Response { id, result: Ok(value["result"].take()) });
            }
            Ok(Message::Response { id, result: Err(failure(error)) })
        }
    }
}

/// The message of an error, and its data too: some agents put what matters there.
fn failure(error: &Value) -> String {
    let said = error["message"].as_str().unwrap_or("unknown error");
    let more = error["data"]["details"].as_str().or(error["data"]["message"].as_str()).or(error["data"].as_str());
    match more {
        Some(more) if !said.contains(more) => told(&format!("{said}: {more}")),
        _ => told(said),
    }
}

/// A request as a line.
pub(crate) fn request(id: u64, method: &str, params: &Value) -> String {
    line(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
}

/// The answer to a request of the agent as a line.
pub(crate) fn response(id: &Value, result: &Value) -> String {
    line(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// The answer that a request is not carried out.
pub(crate) fn refusal(id: &Value, why: &str) -> String {
    line(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_601, "message": why}}))
}

pub(crate) fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// A request that is to be answered.
#[derive(Debug)]
pub(crate) struct RpcRequest<'a> {
    pub(crate) id: &'a Value,
    pub(crate) method: &'a str,
    pub(crate) params: &'a Value,
}

impl RpcRequest<'_> {
    /// The question that it is. Numbers begin anew in each process, so the `item` that it is about makes the id one
    /// that no other question has.
    pub(crate) fn question(&self, item: &str, asked: WaitingStarted) -> Body {
        let input = Some(json!({"id": self.id, "method": self.method, "params": self.params}).to_string());
        WaitingStarted { id: format!("{item}#{}", self.id), input, ..asked }.into()
    }

    /// The answer that nobody here can do this, which is given at once.
    pub(crate) fn refused(&self) -> Body {
        let (id, reply) = (self.id.to_string(), refusal(self.id, CANNOT));
        RequestRefused { id, what: short(self.method), reply }.into()
    }
}

/// The request that a question was, from its input; null where it was none.
pub(crate) fn asked(input: Option<&str>) -> Value {
    input.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The choices with which a permission can be answered.
pub(crate) fn permission() -> Vec<String> {
    ["allow", "allow for this run", "deny"].map(str::to_owned).to_vec()
}

/// Why a request is refused that nobody can carry out here.
pub(crate) const CANNOT: &str = "pilothouse can't do this";
