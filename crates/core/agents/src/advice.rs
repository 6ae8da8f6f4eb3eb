//! What a person can do about a failure that an agent told of in its own words.

use crate::registry::Agent;

/// Words of a refused or missing login, as the agents and their providers put it.
const LOGIN: &[&str] =
    &["not logged in", "api key", "api-key", "unauthorized", "authentication", "unauthenticated", "401", "/login"];
const MODEL: &[&str] = &[
    "model not found",
    "model_not_found",
    "no such model",
    "unknown model",
    "does not exist",
    "404",
    "model can't be set",
];
const NETWORK: &[&str] = &[
    "econnrefused",
    "enotfound",
    "eai_again",
    "fetch failed",
    "connection refused",
    "connection error",
    "error sending request",
    "failed to lookup address",
    "could not resolve",
    "name or service not known",
];

/// Words of a connection that broke in the middle of an answer; the first is all that undici says of it.
const BROKEN: &[&str] = &["terminated", "socket hang up", "other side closed", "premature close", "und_err_socket"];

/// The failure with the next step, where its words tell which that is. `agent` is `None` for a person's own one.
pub fn advised(agent: Option<&Agent>, said: &str) -> String {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let bare = lower.trim_end_matches('.').rsplit(": ").next().unwrap_or_default();
    if BROKEN.contains(&bare.trim()) {
        return format!("the connection to its model broke ({said}); `pilothouse retry --resume` goes on");
    }
    let next = if has(LOGIN) {
        agent.and_then(|agent| Some(format!("{}; then retry", agent.log_in()?)))
    } else if has(NETWORK) {
        Some("is the network there? then `pilothouse retry` goes on".to_owned())
    } else if has(MODEL) {
        let name = agent.map_or("NAME", |agent| agent.name);
        Some(format!("name another model with --agent {name}:MODEL"))
    } else {
        None
    };
    match next {
        Some(next) => format!("{}; {next}", said.trim_end_matches('.')),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::find;

    #[test]
    fn an_agents_words_end_with_advice() {
        let claude = find("claude");
        let said = advised(claude, "Not logged in · Please run /login");
        assert_eq!(
            said,
            "Not logged in · Please run /login; log in with `claude`, or set ANTHROPIC_API_KEY in [agent.claude] env; then retry"
        );
        assert!(advised(None, "getaddrinfo ENOTFOUND api.example").contains("is the network there?"));
        assert!(advised(find("codex"), "model_not_found: gpt-0").ends_with("--agent codex:MODEL"));
        assert_eq!(advised(claude, "The tests fail."), "The tests fail.");
        let broken = "the connection to its model broke (terminated); `pilothouse retry --resume` goes on";
        assert_eq!(advised(find("gemini"), "terminated"), broken);
        assert!(advised(None, "TypeError: terminated").starts_with("the connection to its model broke"));
        assert_eq!(advised(None, "The process was terminated."), "The process was terminated.");
    }
}
