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

/// Whether `session` waits for something, which is to be known before a task is put together for it.
pub fn is_due(session: &Session) -> bool {
    let answers_first = matches!(session.dialect, Dialect::CodexApp | Dialect::Acp { .. });
    answers_first && session.named.is_some() && !session.has_said(PROMPT)
}

/// What `session` waits for; `None` when that is nothing.
pub fn due(session: &Session, task: &Task<'_>) -> Option<Write> {
    let named = session.named.as_deref().filter(|_| is_due(session))?;
    let data = match session.dialect {
        Dialect::CodexApp => codex_app::prompt(named, task.prompt),
        Dialect::Acp { .. } => acp::prompt(named, task),
        Dialect::ClaudeStream | Dialect::Aider | Dialect::Plain => return None,
    };
    Some(Write { id: PROMPT.to_owned(), data })
}
