//! Calls of a real model, through the gateway or a provider on loopback, as real agents make them.

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::play::End;
use crate::model::post;
use crate::stage::AgentStage;

/// Calls of the model in all attempts of a session together.
const CALLS: usize = 12;
/// Tries of one call that fails for a reason which may pass.
const TRIES: usize = 40;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks the model a question for each line that it adds to a file.
pub(super) fn calls(stage: &mut AgentStage) -> io::Result<End> {
    let done = fs::read_to_string(stage.worktree.join("calls.txt")).unwrap_or_default().lines().count();
    for number in done + 1..=CALLS {
        match ask(stage, number)? {
            Ok(bytes) => stage.appends("calls.txt", &format!("call {number}: {bytes} bytes"))?,
            Err(why) => return Ok(End { ok: false, text: format!("API Error: {why}") }),
        }
        thread::sleep(PAUSE);
    }
    Ok(End { ok: true, text: format!("Done: {CALLS} calls.") })
}

/// The length of the answer, or why there is none.
fn ask(stage: &mut AgentStage, number: usize) -> io::Result<Result<usize, String>> {
    let mut last = String::new();
    for tried in 0..TRIES {
        if tried > 0 {
            thread::sleep(PAUSE * 3);
        }
        match post(number, tried) {
            Ok((200, body)) if body.contains("message_stop") => return Ok(Ok(body.len())),
            // As of real agents: what is the request's own fault is not tried again.
            Ok((status @ 400..=403, body)) => return Ok(Err(format!("{status} {body}"))),
            Ok((status, body)) => last = format!("{status} {body}"),
            Err(error) => last = error.to_string(),
        }
        let attempt = tried + 1;
        stage.line(json!({"type": "system", "subtype": "api_retry", "attempt": attempt, "error": last}))?;
    }
    Ok(Err(last))
}
