//! What a request is for, by its path: `/t/TOKEN/PROVIDER/…`, or `/h/PROVIDER/…` with the token in a header, for agents
//! whose base URL can be seen by other users of the machine.

use axum::http::{HeaderMap, Uri};

use crate::TOKEN_HEADER;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallTarget {
    pub(crate) token: String,
    pub(crate) provider: String,
    /// The path behind the provider's name, as it came.
    pub(crate) path: String,
    pub(crate) query: String,
}

impl CallTarget {
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let (way, rest) = uri.path().strip_prefix('/')?.split_once('/')?;
        let (token, rest) = match way {
            "t" => rest.split_once('/').map(|(token, rest)| (token.to_owned(), rest))?,
            "h" => (headers.get(TOKEN_HEADER)?.to_str().ok()?.to_owned(), rest),
            _ => return None,
        };
        let at = rest.find('/').unwrap_or(rest.len());
        let (provider, path) = rest.split_at(at);
        let query = uri.query().unwrap_or_default().to_owned();
        Some(Self { token, provider: provider.to_owned(), path: path.to_owned(), query })
    }
}

/// Returns the URL at the provider, of a plain path and query.
pub(crate) fn url(upstream: &str, path: &str, query: &str) -> String {
    let path = if path == "/" { "" } else { path };
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{path}{mark}{query}", upstream.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str, header: Option<&'static str>) -> Option<CallTarget> {
        let mut headers = HeaderMap::new();
        if let Some(token) = header {
            headers.insert(TOKEN_HEADER, token.parse().expect("a value"));
        }
        CallTarget::of(&uri.parse().expect("a path"), &headers)
    }

    #[test]
    fn paths_say_who_asks_and_what_for() {
        let url = |found: &CallTarget, upstream| url(upstream, &found.path, &found.query);
        let found = target("/t/abc-1/anthropic/v1/messages?beta=true", None).expect("a target");
        assert_eq!((found.token.as_str(), found.provider.as_str()), ("abc-1", "anthropic"));
        assert_eq!(url(&found, "https://api.anthropic.com/"), "https://api.anthropic.com/v1/messages?beta=true");
        let found = target("/h/openai/responses", Some("abc-1")).expect("a target");
        assert_eq!(url(&found, "https://api.openai.com/v1"), "https://api.openai.com/v1/responses");
        let found = target("/t/abc-1/anthropic", None).expect("a target");
        assert_eq!(url(&found, "https://api.anthropic.com"), "https://api.anthropic.com");
        let far = target("http://elsewhere.example/t/abc-1/anthropic/v1/messages", None).expect("a target");
        assert_eq!(url(&far, "https://api.anthropic.com"), "https://api.anthropic.com/v1/messages", "no other host");
        for (uri, header) in [("/", None), ("/v1/messages", None), ("/h/openai/responses", None), ("/t/abc", None)] {
            assert_eq!(target(uri, header), None, "{uri}");
        }
    }
}
