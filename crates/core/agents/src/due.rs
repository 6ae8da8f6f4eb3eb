//! What an agent is to be told next, from what was said so far; so a daemon that starts anew says it once, or not at all.

use crate::dialect::Dialect;
use crate::session::Session;
use crate::start::Task;
use crate::write_id::{PROMPT, refusal, words};
use crate::{acp, codex_app};

/// A line, or several, for an agent's standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The id by which the keeper knows the line, so that the line is sent once.
    pub id: String,
    pub data: String,
}

/// Whether `session` waits for something, which is to be known before a task is put together for it.
pub fn is_due(session: &Session) -> bool {
    let answers_first = matches!(session.dialect, Dialect::CodexApp | Dialect::Acp { .. });
    let to_refuse = session.refusals.iter().any(|(id, _)| !session.has_said(&refusal(id)));
    let to_begin = answers_first && session.named.is_some() && !session.has_said(PROMPT);
    to_refuse || to_begin || has_words(session)
}

/// Whether a person's words wait and the turn is over in which they could not be said.
fn has_words(session: &Session) -> bool {
    session.named.is_some() && session.rest.is_some() && !session.words.is_empty()
}

/// Returns the write that `session` waits for; `None` when it waits for nothing.
pub fn due(session: &Session, task: &Task<'_>) -> Option<Write> {
    let open = session.refusals.iter().find(|(id, _)| !session.has_said(&refusal(id)));
    if let Some((id, reply)) = open {
        return Some(Write { id: refusal(id), data: reply.clone() });
    }
    let named = session.named.as_deref().filter(|_| is_due(session))?;
    let said = session.words.first().filter(|_| has_words(session));
    let (id, data) = match (session.dialect, said) {
        (Dialect::CodexApp, Some(text)) => (words(session.told), codex_app::prompt(named, text)),
        (Dialect::Acp { .. }, Some(text)) => (words(session.told), acp::goes_on(named, session.told, text)),
        (Dialect::CodexApp, None) => (PROMPT.to_owned(), codex_app::prompt(named, task.prompt)),
        (Dialect::Acp { .. }, None) => (PROMPT.to_owned(), acp::prompt(named, session.model_option.as_deref(), task)),
        (Dialect::ClaudeStream | Dialect::Aider | Dialect::Plain, _) => return None,
    };
    Some(Write { id, data })
}
