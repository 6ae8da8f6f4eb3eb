//! What a request is for, by its path: `/t/TOKEN/PROVIDER/…`, or `/h/PROVIDER/…` with the token in a header, for agents
//! whose base URL can be seen by other users of the machine.

use axum::http::{HeaderMap, Uri};

use crate::TOKEN_HEADER;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) token: String,
    pub(crate) provider: String,
    /// Path and query as the provider gets them, with a slash in front.
    pub(crate) rest: String,
}

impl Target {
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let (way, rest) = uri.path().strip_prefix('/')?.split_once('/')?;
        let (token, rest) = match way {
            "t" => rest.split_once('/').map(|(token, rest)| (token.to_owned(), rest))?,
            "h" => (headers.get(TOKEN_HEADER)?.to_str().ok()?.to_owned(), rest),
            _ => return None,
        };
        let (provider, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(Self { token, provider: provider.to_owned(), rest: format!("/{rest}{query}") })
    }

    /// The URL at the provider.
    pub(crate) fn url(&self, upstream: &str) -> String {
        let rest = if self.rest == "/" { "" } else { self.rest.as_str() };
        format!("{}{rest}", upstream.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str, header: Option<&'static str>) -> Option<Target> {
        let mut headers = HeaderMap::new();
        if let Some(token) = header {
            headers.insert(TOKEN_HEADER, token.parse().expect("a value"));
        }
        Target::of(&uri.parse().expect("a path"), &headers)
    }

    #[test]
    fn paths_say_who_asks_and_what_for() {
        let found = target("/t/abc-1/anthropic/v1/messages?beta=true", None).expect("a target");
        assert_eq!((found.token.as_str(), found.provider.as_str()), ("abc-1", "anthropic"));
        assert_eq!(found.url("https://api.anthropic.com/"), "https://api.anthropic.com/v1/messages?beta=true");
        let found = target("/h/openai/responses", Some("abc-1")).expect("a target");
        assert_eq!(found.url("https://api.openai.com/v1"), "https://api.openai.com/v1/responses");
        let found = target("/t/abc-1/anthropic", None).expect("a target");
        assert_eq!(found.url("https://api.anthropic.com"), "https://api.anthropic.com");
        for (uri, header) in [("/", None), ("/v1/messages", None), ("/h/openai/responses", None), ("/t/abc", None)] {
            assert_eq!(target(uri, header), None, "{uri}");
        }
    }
}
