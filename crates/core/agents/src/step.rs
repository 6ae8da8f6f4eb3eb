//! One line of an agent's output, or one answer of a person, as events and writes.

use domain::Body;
use domain::command::ALLOWED_FOR_RUN;
use domain::decide::{FittingAnswer, Refusal};
use domain::event::Unread;
use domain::question::SingleAnswer;
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

/// How an agent is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerPlan {
    /// The line for its standard input, newline included.
    pub line: String,
    /// The answer for people.
    pub how: String,
    /// Words that the agent's protocol has no place for in an answer, to be said when the turn is over.
    pub words: Option<String>,
}

/// The answer to `question` in the agent's own words. `resting`: its turn is over.
///
/// # Errors
/// Refused where the agent offers nothing that means this.
pub fn answer(
    dialect: Dialect,
    question: &Question,
    given: &FittingAnswer,
    resting: bool,
) -> Result<AnswerPlan, Refusal> {
    let how = match given {
        FittingAnswer::Allow => "allowed once".to_owned(),
        FittingAnswer::AllowRun => ALLOWED_FOR_RUN.to_owned(),
        FittingAnswer::Deny if question.kind.is_permission() => "denied".to_owned(),
        FittingAnswer::Deny => "declined".to_owned(),
        FittingAnswer::Cancel => "cancelled".to_owned(),
        FittingAnswer::Words(text) => format!("answered: {text}"),
        FittingAnswer::Answers(answers) if answers.is_empty() => "accepted".to_owned(),
        FittingAnswer::Answers(answers) => format!("answered: {}", spelled(answers)),
    };
    let mut words = None;
    let line = match dialect {
        Dialect::ClaudeStream => claude_stream::answer(question, given),
        Dialect::CodexApp => codex_app::answer(question, given, resting),
        Dialect::Acp { .. } => {
            let (line, kept) = acp::answer(question, given)?;
            words = kept;
            line
        }
        Dialect::Aider | Dialect::Plain => match given {
            FittingAnswer::Allow | FittingAnswer::AllowRun => "y\n".to_owned(),
            FittingAnswer::Deny | FittingAnswer::Cancel => "n\n".to_owned(),
            FittingAnswer::Words(text) => format!("{text}\n"),
            FittingAnswer::Answers(answers) => format!("{}\n", spelled(answers)),
        },
    };
    Ok(AnswerPlan { line, how, words })
}

/// Every answer in one line; with its question where there are several.
pub(crate) fn spelled(answers: &[SingleAnswer]) -> String {
    let alone = answers.len() == 1;
    let one = |answer: &SingleAnswer| {
        let values = answer.values.join(", ");
        if alone { values } else { format!("{}: {values}", answer.id) }
    };
    answers.iter().map(one).collect::<Vec<_>>().join("; ")
}
