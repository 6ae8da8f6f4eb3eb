//! What a person can do about a failure that an agent told of in its own words.

use crate::registry::Agent;

/// Words of a refused or missing login, as the agents and their providers put it.
const LOGIN: &[&str] =
    &["not logged in", "api key", "api-key", "unauthorized", "authentication", "unauthenticated", "401", "/login"];
const MODEL: &[&str] =
    &["model not found", "model_not_found", "no such model", "unknown model", "does not exist", "404"];
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

/// The failure with the next step, where its words tell which that is. `agent` is `None` for a person's own one.
pub fn advised(agent: Option<&Agent>, said: &str) -> String {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
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
    fn what_agents_say_is_kept_and_the_next_step_stands_behind_it() {
        let claude = find("claude");
        let said = advised(claude, "Not logged in · Please run /login");
        assert_eq!(
            said,
            "Not logged in · Please run /login; log in with `claude`, or set ANTHROPIC_API_KEY in [agent.claude] env; then retry"
        );
        assert!(advised(None, "getaddrinfo ENOTFOUND api.example").contains("is the network there?"));
        assert!(advised(find("codex"), "model_not_found: gpt-0").ends_with("--agent codex:MODEL"));
        assert_eq!(advised(claude, "The tests fail."), "The tests fail.");
    }
}
