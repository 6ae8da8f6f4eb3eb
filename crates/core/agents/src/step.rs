//! One line of an agent's output, or one answer of a person, as events and writes.

use domain::Body;
use domain::command::{ALLOWED_FOR_RUN, Answer};
use domain::event::Unread;
use domain::run::Question;

use crate::dialect::Dialect;
use crate::session::Session;
use crate::{acp, claude_stream, codex_app, plain};

/// Understands one line of standard output, which began at byte `offset` of its file and is given without
/// its newline. Never fails: what can't be read becomes `unread`.
pub fn step(session: &mut Session, line: &[u8], offset: u64) -> Vec<Body> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Vec::new();
    }
    let understood = match session.dialect {
        Dialect::ClaudeStream => claude_stream::read(session, line),
        Dialect::CodexApp => codex_app::read(session, line),
        Dialect::Acp { .. } => acp::read(session, line, offset),
        Dialect::Aider => Ok(plain::read_aider(line)),
        Dialect::Plain => Ok(plain::read(line)),
    };
    // What was held back came before the line that can't be read.
    let events = understood.unwrap_or_else(|why| {
        let unread = Unread { from: offset, len: line.len() as u64, why }.into();
        acp::whole(session).into_iter().chain([unread]).collect()
    });
    for event in &events {
        session.fold(event);
    }
    events
}

/// The events of what was held back when no more output comes.
pub fn end(session: &mut Session) -> Vec<Body> {
    let events: Vec<Body> = acp::whole(session).into_iter().collect();
    for event in &events {
        session.fold(event);
    }
    events
}

/// The line that answers `question` in the agent's own words, newline included, and the answer for people.
pub fn answer(dialect: Dialect, question: &Question, answer: &Answer) -> (String, String) {
    let said = match answer {
        Answer::Allow => "allowed once".to_owned(),
        Answer::AllowRun => ALLOWED_FOR_RUN.to_owned(),
        Answer::Deny => "denied".to_owned(),
        Answer::Text(text) => format!("answered: {text}"),
    };
    let line = match dialect {
        Dialect::ClaudeStream => claude_stream::answer(question, answer),
        Dialect::CodexApp => codex_app::answer(question, answer),
        Dialect::Acp { .. } => acp::answer(question, answer),
        Dialect::Aider | Dialect::Plain => match answer {
            Answer::Allow | Answer::AllowRun => "y\n".to_owned(),
            Answer::Deny => "n\n".to_owned(),
            Answer::Text(text) => format!("{text}\n"),
        },
    };
    (line, said)
}
