//! Where an agent that is held inside may write: its worktree, what a commit in it needs, its own folders, and what it
//! remembers its own sessions in.

use std::path::Path;

use agents::AttemptPlace;

use super::effect_error::EffectError;
use crate::known::KnownAgent;

/// Returns the places that the agent may write to, as absolute paths.
///
/// # Errors
/// When this kernel can hold nothing inside: a policy that asks nothing is not followed without it.
pub(super) fn writable(
    agent: &KnownAgent,
    place: &AttemptPlace,
    scratch: &[&Path],
    env: &[(String, String)],
) -> Result<Vec<String>, EffectError> {
    supervisor::sandbox_works().map_err(|why| format!("{why}; choose another policy than sandboxed"))?;
    let scratch = scratch.iter().map(|path| path.to_string_lossy().into_owned());
    let own = [place.cwd.clone(), place.attempt.clone()].into_iter().chain(scratch);
    let state = match agent {
        KnownAgent::BuiltIn(agent) => agent.state.iter().filter_map(|path| filled(path, env)).collect::<Vec<_>>(),
        KnownAgent::Own(_) => Vec::new(),
    };
    // What is not there yet can't be allowed; the agent would make these folders itself.
    for folder in state.iter().filter(|path| !path.ends_with(".json")) {
        let _there = std::fs::create_dir_all(folder);
    }
    Ok(own.chain(place.git_paths()).chain(state).collect())
}

/// Fills in what `~/x` and `$NAME/x` stand for in the agent's environment; `None` where nothing says it.
fn filled(path: &str, env: &[(String, String)]) -> Option<String> {
    let (name, rest) = match (path.strip_prefix('~'), path.strip_prefix('$')) {
        (Some(rest), _) => ("HOME", rest),
        (None, Some(named)) => named.split_at(named.find('/').unwrap_or(named.len())),
        (None, None) => return Some(path.to_owned()),
    };
    let set = env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let value = set.or_else(|| std::env::var(name).ok()).filter(|value| value.starts_with('/'))?;
    Some(format!("{value}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_agents_own_environment() {
        let env = [("HOME".to_owned(), "/h".to_owned()), ("CODEX_HOME".to_owned(), "/c".to_owned())];
        assert_eq!(filled("~/.codex", &env).as_deref(), Some("/h/.codex"));
        assert_eq!(filled("$CODEX_HOME", &env).as_deref(), Some("/c"));
        assert_eq!(filled("$CODEX_HOME/x", &env).as_deref(), Some("/c/x"));
        assert_eq!(filled("$PILOTHOUSE_NO_SUCH_NAME/x", &env), None);
    }
}
