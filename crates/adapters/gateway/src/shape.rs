//! What may be asked of a provider: the methods and paths that agents use, and nothing else, since the key goes with it.
//!
//! Sources: the published interfaces, and what Claude Code 2.1.197, Codex 0.169.0, Gemini CLI 0.61.0, OpenCode 1.18.33 and
//! aider 0.86.2 ask for.

use axum::http::Method;
use metering::Api;

/// The kind of a request, by whether it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A call of a model, which is billed.
    Call(Api),
    /// Something that costs nothing.
    Free,
}

/// A path as it goes to the provider, from what stands behind the provider's name; `None` for one that a server could read
/// in another way than it is read here.
pub(crate) fn plain(path: &str) -> Option<String> {
    // The one sign that some programs write so without need.
    let path = path.replace("%3A", ":").replace("%3a", ":");
    let is_plain = |part: &str| {
        let signs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'@' | b'~');
        !part.is_empty() && !part.bytes().all(|b| b == b'.') && part.bytes().all(signs)
    };
    let parts = path.strip_prefix('/').unwrap_or(&path);
    (parts.is_empty() || parts.split('/').all(is_plain)).then(|| format!("/{parts}"))
}

/// A query as it goes to the provider: without what would be a key instead of `ours`. `None` for one with names that a server
/// could read in another way than they are read here.
pub(crate) fn query(query: &str, ours: bool) -> Option<String> {
    const KEYS: [&str; 4] = ["key", "access_token", "oauth_token", "api_key"];
    let mut kept = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let name = part.split('=').next().unwrap_or(part);
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
            return None;
        }
        if !(ours && KEYS.iter().any(|key| name.eq_ignore_ascii_case(key))) {
            kept.push(part);
        }
    }
    Some(kept.join("&"))
}

/// Returns the kind of a request with this plain path to this provider; `None` where no agent asks such a thing.
pub(crate) fn of(provider: &str, method: &Method, path: &str) -> Option<Shape> {
    match provider {
        "anthropic" => anthropic(method, path),
        "openai" => openai(method, path),
        "gemini" => gemini(method, path),
        // Another name of a person's own: whichever of the three interfaces it has.
        _ => anthropic(method, path).or_else(|| openai(method, path)).or_else(|| gemini(method, path)),
    }
}

/// The parts of a path without the version in front, which may stand in the base URL too.
fn parts<'a>(path: &'a str, versions: &[&str]) -> Vec<&'a str> {
    let mut parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.first().is_some_and(|first| versions.contains(first)) {
        parts.remove(0);
    }
    parts
}

/// Returns the kind of a request that asks whether the provider is there at all, or which models it has.
fn looks(method: &Method, parts: &[&str]) -> Option<Shape> {
    let reads = *method == Method::GET || *method == Method::HEAD;
    (reads && matches!(parts, [] | ["models"] | ["models", _])).then_some(Shape::Free)
}

fn anthropic(method: &Method, path: &str) -> Option<Shape> {
    let parts = parts(path, &["v1"]);
    match parts.as_slice() {
        ["messages"] if *method == Method::POST => Some(Shape::Call(Api::Messages)),
        ["messages", "count_tokens"] if *method == Method::POST => Some(Shape::Free),
        other => looks(method, other),
    }
}

fn openai(method: &Method, path: &str) -> Option<Shape> {
    let parts = parts(path, &["v1"]);
    match parts.as_slice() {
        ["responses"] | ["responses", "compact"] if *method == Method::POST => Some(Shape::Call(Api::Responses)),
        ["responses", "input_tokens"] if *method == Method::POST => Some(Shape::Free),
        ["chat", "completions"] | ["completions" | "embeddings"] if *method == Method::POST => {
            Some(Shape::Call(Api::Chat))
        }
        other => looks(method, other),
    }
}

fn gemini(method: &Method, path: &str) -> Option<Shape> {
    let parts = parts(path, &["v1", "v1alpha", "v1beta"]);
    match parts.as_slice() {
        ["models", call] if *method == Method::POST => match call.split_once(':')?.1 {
            "generateContent" | "streamGenerateContent" => Some(Shape::Call(Api::Generate)),
            "countTokens" => Some(Shape::Free),
            _ => None,
        },
        other => looks(method, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_ask_for_these() {
        let call = |api| Some(Shape::Call(api));
        for (provider, method, path, shape) in [
            ("anthropic", "HEAD", "/", Some(Shape::Free)),
            ("anthropic", "POST", "/v1/messages", call(Api::Messages)),
            ("anthropic", "POST", "/messages", call(Api::Messages)),
            ("anthropic", "POST", "/v1/messages/count_tokens", Some(Shape::Free)),
            ("anthropic", "GET", "/v1/models/claude-opus-4-8", Some(Shape::Free)),
            ("openai", "POST", "/responses", call(Api::Responses)),
            ("openai", "POST", "/responses/compact", call(Api::Responses)),
            ("openai", "POST", "/v1/chat/completions", call(Api::Chat)),
            ("openai", "GET", "/models", Some(Shape::Free)),
            ("gemini", "POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", call(Api::Generate)),
            ("gemini", "POST", "/v1beta/models/gemini-2.5-pro:countTokens", Some(Shape::Free)),
            ("corp", "POST", "/v1/chat/completions", call(Api::Chat)),
        ] {
            let method = method.parse().expect("a method");
            assert_eq!(plain(path).as_deref(), Some(path));
            assert_eq!(of(provider, &method, path), shape, "{provider} {method} {path}");
        }
    }

    #[test]
    fn nothing_else_goes_with_a_key() {
        for (provider, method, path) in [
            ("anthropic", "GET", "/v1/messages"),
            ("anthropic", "DELETE", "/v1/models/x"),
            ("anthropic", "OPTIONS", "/v1/messages"),
            ("anthropic", "POST", "/V1/Messages"),
            ("anthropic", "POST", "/v1/messages/batches"),
            ("anthropic", "GET", "/v1/organizations/me"),
            ("anthropic", "GET", "/v1/files"),
            ("anthropic", "POST", "/v1/chat/completions"),
            ("openai", "POST", "/v1/images/generations"),
            ("openai", "DELETE", "/responses/resp_1"),
            ("openai", "GET", "/responses/resp_1"),
            ("openai", "POST", "/v1/v1/responses"),
            ("gemini", "POST", "/v1beta/models/x:batchGenerateContent"),
            ("gemini", "POST", "/v1beta/cachedContents"),
            ("gemini", "POST", "/v1beta/models/x:generateContent:y"),
        ] {
            assert_eq!(of(provider, &method.parse().expect("a method"), path), None, "{provider} {method} {path}");
        }
    }

    #[test]
    fn paths_with_two_meanings_are_refused() {
        for path in [
            "/../../secret",
            "/v1/./messages",
            "/v1/%2e%2e/secret",
            "/v1/%252e%252e/secret",
            "/v1/mess%61ges",
            "/v1\\messages",
            "/v1/..\\x",
            "//v1/messages",
            "/v1//messages",
            "/v1/messages/",
            "/v1%2fmessages",
            "/v1/...",
            "/v1/messages;x=1",
        ] {
            assert_eq!(plain(path), None, "{path}");
        }
        assert_eq!(plain("/v1beta/models/x%3AcountTokens").as_deref(), Some("/v1beta/models/x:countTokens"));
        assert_eq!((plain("").as_deref(), plain("/").as_deref()), (Some("/"), Some("/")));
    }

    #[test]
    fn queries_bring_no_key_of_their_own() {
        assert_eq!(query("alt=sse&key=x&beta=true", true).as_deref(), Some("alt=sse&beta=true"));
        assert_eq!(query("KEY=x&access_token=y", true).as_deref(), Some(""));
        assert_eq!(query("key=x", false).as_deref(), Some("key=x"), "the agent's own login stays");
        assert_eq!((query("%6bey=x", true), query("$httpMethod=DELETE", true)), (None, None));
    }
}
