//! Calls of a real model, through the gateway or a provider on loopback, as real agents make them.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::play::End;
use crate::stage::Stage;

/// So many are made, in all attempts of a session together.
const CALLS: usize = 12;
/// How often one is tried again that failed for a reason which may pass.
const TRIES: usize = 40;
/// Milliseconds between two of them.
const PAUSE: u64 = 100;

/// Asks the model a question for each line that it adds to a file.
pub(super) fn calls(stage: &mut Stage) -> io::Result<End> {
    let done = fs::read_to_string(stage.worktree.join("calls.txt")).unwrap_or_default().lines().count();
    for number in done + 1..=CALLS {
        match ask(stage, number)? {
            Ok(bytes) => stage.appends("calls.txt", &format!("call {number}: {bytes} bytes"))?,
            Err(why) => return Ok(End { ok: false, text: format!("API Error: {why}") }),
        }
        stage.think(PAUSE);
    }
    Ok(End { ok: true, text: format!("Done: {CALLS} calls.") })
}

/// The length of the answer, or why there is none.
fn ask(stage: &mut Stage, number: usize) -> io::Result<Result<usize, String>> {
    let mut last = String::new();
    for tried in 0..TRIES {
        if tried > 0 {
            stage.think(PAUSE * 3);
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

/// One request of Anthropic's Messages, over a connection of its own.
fn post(number: usize, tried: usize) -> io::Result<(u16, String)> {
    let said = |name: &str| env::var(name).map_err(|_| io::Error::other(format!("{name} is not set")));
    let url = said("ANTHROPIC_BASE_URL")?;
    let key = env::var("ANTHROPIC_AUTH_TOKEN").or_else(|_| said("ANTHROPIC_API_KEY"))?;
    let place = url.strip_prefix("http://").ok_or_else(|| io::Error::other("only plain http is spoken here"))?;
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let model = env::var("REHEARSAL_MODEL").unwrap_or_else(|_| "claude-opus-4-8".to_owned());
    // Each question stands behind those before it.
    let mut messages = vec![json!({"role": "user", "content": "question 1"})];
    for before in 2..=number {
        messages.push(json!({"role": "assistant", "content": "an answer"}));
        messages.push(json!({"role": "user", "content": format!("question {before}")}));
    }
    let body = json!({"model": model, "max_tokens": 1000, "stream": true, "messages": messages}).to_string();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(600)))?;
    // The older version of the protocol ends its answer with the connection.
    write!(
        stream,
        "POST /{path}/v1/messages HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nx-stainless-retry-count: {tried}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the connection was closed"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    Ok((status, body))
}
