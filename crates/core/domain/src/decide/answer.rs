//! Answering an agent's question: bound to the question's id, so that an answer can't reach another question, and of the
//! kind that was asked for.

use super::decision::{Decision, Refusal};
use crate::attempt::AttemptKey;
use crate::command::Answer;
use crate::effect::Effect;
use crate::event::WordsGiven;
use crate::question::{QuestionKind, SingleAnswer, SingleQuestion, handle, in_a_line};
use crate::run::{Question, RunState};

/// An answer that fits its question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FittingAnswer {
    Allow,
    AllowRun,
    Deny,
    /// A form is taken away without an answer.
    Cancel,
    /// Something in words instead of leave.
    Words(String),
    /// Each question with its own.
    Answers(Vec<SingleAnswer>),
}

/// Checks that `question` is the one the run waits on, and hands it with its attempt to the caller,
/// who knows how the agent wants to be answered.
///
/// # Errors
/// Refused when the run does not wait, waits on another question, or is being answered already.
pub fn answer<'a>(run: &'a RunState, question: &str) -> Result<(&'a Question, AttemptKey), Refusal> {
    let asks_nothing = || Refusal::new("it does not ask anything", "look at it with `pilothouse show`");
    let open = run.question.as_ref().ok_or_else(asks_nothing)?;
    if open.id != question && handle(&open.id) != question {
        return Err(Refusal::new("it asks something else by now", "read the new question and answer that"));
    }
    let answered = |e: &Effect| matches!(e, Effect::Write { question: Some(q), .. } if *q == open.id);
    if run.effects.values().any(answered) {
        return Err(Refusal::new("this question is being answered already", "wait a moment"));
    }
    Ok((open, run.attempt_key().ok_or_else(asks_nothing)?))
}

/// Reads what a person said as an answer to this question.
///
/// # Errors
/// Refused where it is none, with what can be answered.
pub fn given(question: &Question, answer: &Answer) -> Result<FittingAnswer, Refusal> {
    match (question.kind, answer) {
        (_, Answer::Deny) => Ok(FittingAnswer::Deny),
        (QuestionKind::Form, Answer::Cancel) => Ok(FittingAnswer::Cancel),
        (_, Answer::Cancel) => Err(Refusal::new("only a form of a tool's server can be cancelled", "--deny says no")),
        (QuestionKind::Permission, Answer::Allow) => Ok(FittingAnswer::Allow),
        (QuestionKind::Permission, Answer::AllowRun) => Ok(FittingAnswer::AllowRun),
        (QuestionKind::Permission, Answer::Text(text)) => Ok(FittingAnswer::Words(text.clone())),
        (QuestionKind::Permission, Answer::Each(texts)) => match texts.as_slice() {
            [text] => Ok(FittingAnswer::Words(text.clone())),
            _ => Err(Refusal::new("it asks for leave, which takes one answer", "put what you say into quotes")),
        },
        (QuestionKind::Form, Answer::Allow) if question.asks.iter().all(|ask| ask.optional) => {
            Ok(FittingAnswer::Answers(Vec::new()))
        }
        (_, Answer::Allow | Answer::AllowRun) => {
            let reason = match question.kind {
                QuestionKind::Form => "it asks for what it has no leave to make up",
                QuestionKind::Permission | QuestionKind::Questions => {
                    "it asks a question, and leave is no answer to it"
                }
            };
            Err(Refusal::new(reason, to_type(question)))
        }
        (_, Answer::Text(text)) => answers(question, std::slice::from_ref(text)).map(FittingAnswer::Answers),
        (_, Answer::Each(texts)) => answers(question, texts).map(FittingAnswer::Answers),
    }
}

/// Says what a person types to answer the question.
fn to_type(question: &Question) -> String {
    let handle = handle(&question.id);
    let named = question.kind == QuestionKind::Form;
    let words: Vec<String> =
        question.asks.iter().map(|ask| if named { format!("{}=…", ask.id) } else { "ANSWER".to_owned() }).collect();
    let asked = in_a_line("", &question.asks);
    match (words.is_empty(), named) {
        (true, _) => format!("`pilothouse send RUN --question {handle} --allow`, --deny or --cancel"),
        (false, true) => {
            format!("`pilothouse send RUN --question {handle} {}`, --deny or --cancel: {asked}", words.join(" "))
        }
        (false, false) => format!("`pilothouse send RUN --question {handle} {}`: {asked}", words.join(" ")),
    }
}

/// Each question with its own answer: in their order, or `NAME=ANSWER`; a single text may have them with `;` between.
fn answers(question: &Question, said: &[String]) -> Result<Vec<SingleAnswer>, Refusal> {
    let asks = &question.asks;
    let refused = |reason: String| Refusal::new(reason, to_type(question));
    if asks.is_empty() {
        return Err(refused("it asks for nothing that could be filled in".to_owned()));
    }
    if let Some(secret) = asks.iter().find(|ask| ask.secret) {
        let next = "say no with --deny, and give the secret where only the agent reads it, such as [agent.NAME] env";
        return Err(Refusal::new(format!("{} is a secret, and answers are written down", secret.name()), next));
    }
    let parts: Vec<String> = match said {
        [one] if asks.len() > 1 => one.split(['\n', ';']).map(|part| part.trim().to_owned()).collect(),
        said => said.iter().map(|part| part.trim().to_owned()).collect(),
    };
    let named = |part: &String| {
        let (name, value) = part.split_once('=')?;
        let is = |ask: &&SingleQuestion| [&ask.id, &ask.header].iter().any(|n| n.eq_ignore_ascii_case(name.trim()));
        Some((asks.iter().find(is)?, value.trim().to_owned()))
    };
    let pairs: Vec<(&SingleQuestion, String)> = match parts.iter().map(named).collect::<Option<Vec<_>>>() {
        Some(pairs) => pairs,
        None => {
            let due: Vec<&SingleQuestion> = asks.iter().filter(|ask| !ask.optional).collect();
            let due = if parts.len() == asks.len() { asks.iter().collect() } else { due };
            if due.len() != parts.len() {
                let (asked, n) = (asks.len(), parts.len());
                return Err(refused(format!("it asks for {asked} answers, and {n} of them were given")));
            }
            due.into_iter().zip(parts).collect()
        }
    };
    if let Some(open) = asks.iter().find(|ask| !ask.optional && !pairs.iter().any(|(of, _)| of.id == ask.id)) {
        return Err(refused(format!("{} has no answer", open.name())));
    }
    let read = |(ask, text): &(&SingleQuestion, String)| match ask.values(text) {
        Some(values) => Ok(SingleAnswer { id: ask.id.clone(), values }),
        None => Err(refused(format!("{text:?} is no answer to {}", ask.name()))),
    };
    pairs.iter().map(read).collect()
}

impl Decision {
    /// Writes the line that answers `question` to the agent's standard input.
    pub fn answer(attempt: AttemptKey, write: String, data: String, question: String, how: String) -> Self {
        Self::default().effect(Effect::Write { attempt, write, data, question: Some(question), how })
    }

    /// Keeps words for the end of the agent's turn, since its protocol has no place for them in an answer.
    pub fn with_words(self, attempt: AttemptKey, text: Option<String>) -> Self {
        match text {
            Some(text) => self.event(Some(attempt), WordsGiven { text }),
            None => self,
        }
    }

    /// Writes what the agent's protocol asks for to its standard input.
    pub fn tell(attempt: AttemptKey, write: String, data: String) -> Self {
        Self::default().effect(Effect::Write { attempt, write, data, question: None, how: String::new() })
    }
}
