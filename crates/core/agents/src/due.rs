//! What an agent is to be told next, from what was said so far; so a daemon that starts anew says it once, or not at all.

use crate::dialect::Dialect;
use crate::session::Session;
use crate::start::Task;
use crate::{acp, codex_app};

/// The id of the write that gives an agent its task.
pub(crate) const PROMPT: &str = "prompt";

/// A line, or several, for an agent's standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What the keeper knows it by, so that it is sent once.
    pub id: String,
    pub data: String,
}

/// What `session` waits for; `None` when that is nothing.
pub fn due(session: &Session, task: &Task<'_>) -> Option<Write> {
    let named = session.named.as_deref().filter(|_| !session.has_said(PROMPT))?;
    let data = match session.dialect {
        Dialect::CodexApp => codex_app::prompt(named, task.prompt),
        Dialect::Acp { .. } => acp::prompt(named, task),
        Dialect::ClaudeStream | Dialect::Aider | Dialect::Plain => return None,
    };
    Some(Write { id: PROMPT.to_owned(), data })
}
