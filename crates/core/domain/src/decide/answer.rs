//! Answering an agent's question: bound to the question's id, so that an answer can't reach another question.

use super::{Decision, Refusal};
use crate::attempt::AttemptKey;
use crate::effect::Effect;
use crate::run::{Question, RunState};

/// Checks that `question` is the one the run waits on, and hands it with its attempt to the caller,
/// who knows how the agent wants to be answered.
///
/// # Errors
/// Refused when the run does not wait, waits on another question, or is being answered already.
pub fn answer<'a>(run: &'a RunState, question: &str) -> Result<(&'a Question, AttemptKey), Refusal> {
    let asks_nothing = || Refusal::new("it does not ask anything", "look at it with `pilothouse show`");
    let open = run.question.as_ref().ok_or_else(asks_nothing)?;
    if open.id != question {
        return Err(Refusal::new("it asks something else by now", "read the new question and answer that"));
    }
    let answered = |e: &Effect| matches!(e, Effect::Write { question: Some(q), .. } if q == question);
    if run.effects.values().any(answered) {
        return Err(Refusal::new("this question is being answered already", "wait a moment"));
    }
    Ok((open, run.attempt_key().ok_or_else(asks_nothing)?))
}

impl Decision {
    /// Writes the line that answers `question` to the agent's standard input.
    pub fn answer(attempt: AttemptKey, write: String, data: String, question: String, how: String) -> Self {
        Self::default().effect(Effect::Write { attempt, write, data, question: Some(question), how })
    }

    /// Writes what the agent's protocol asks for to its standard input.
    pub fn tell(attempt: AttemptKey, write: String, data: String) -> Self {
        Self::default().effect(Effect::Write { attempt, write, data, question: None, how: String::new() })
    }
}
