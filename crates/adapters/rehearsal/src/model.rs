//! One question to a real model, through the gateway or a provider on loopback, as real agents ask it.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

/// Whoever thinks asks a model really, where the environment says so.
pub(crate) fn is_asked_while_thinking() -> bool {
    env::var("REHEARSAL_THINKS").is_ok_and(|how| how == "asks")
}

/// Sends one request of Anthropic's Messages over a connection of its own, and returns the status and the body of its
/// answer. Each question stands behind those before it.
pub(crate) fn post(number: usize, tried: usize) -> io::Result<(u16, String)> {
    let said = |name: &str| env::var(name).map_err(|_| io::Error::other(format!("{name} is not set")));
    let url = said("ANTHROPIC_BASE_URL")?;
    let key = env::var("ANTHROPIC_AUTH_TOKEN").or_else(|_| said("ANTHROPIC_API_KEY"))?;
    let place = url.strip_prefix("http://").ok_or_else(|| io::Error::other("only plain http is spoken here"))?;
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let model = env::var("REHEARSAL_MODEL").unwrap_or_else(|_| "claude-opus-4-8".to_owned());
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
