//! What a run asks, answered one question after the other.

use domain::RunId;
use domain::command::Answer;
use domain::question::{QuestionKind, SingleQuestion, asked_last, written_out};
use domain::text;
use protocol::Row;

use crate::effect::CockpitEffect;
use crate::screens::runs::why;

/// A question that is being answered. Bound to the question's id: another question gets no answer to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asking {
    run: RunId,
    pub(super) name: String,
    /// The question's id; `None` where the agent asked with its last words.
    question: Option<String>,
    kind: QuestionKind,
    /// All that is asked, a line each.
    pub(crate) lines: Vec<String>,
    asks: Vec<SingleQuestion>,
    /// The answers to the questions before, as `ID=ANSWER`.
    said: Vec<String>,
    /// How many of the questions were asked.
    at: usize,
}

/// The next step after a line was typed.
pub(super) enum TypedLine {
    Send(CockpitEffect),
    /// The next question, or the same one again and why.
    Ask(Asking, Option<String>),
}

impl Asking {
    /// Returns what this run asks; `None` where it asks nothing.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        let (run, name) = (row.id.clone(), text::line(&row.name));
        let Some(asked) = &row.question else {
            let last = row.said.as_deref().filter(|said| row.status == "ready" && asked_last(said).is_some())?;
            let lines = last.split('\n').map(text::shown).collect();
            let kind = QuestionKind::Permission;
            return Some(Self { run, name, question: None, kind, lines, asks: Vec::new(), said: Vec::new(), at: 0 });
        };
        let lines = match &asked.full {
            Some(full) => full.split('\n').map(text::shown).collect(),
            None => vec![why(row)],
        };
        let (question, asks) = (Some(asked.id.clone()), asked.asks.clone());
        Some(Self { run, name, question, kind: asked.kind, lines, asks, said: Vec::new(), at: 0 })
    }

    /// Returns what is typed now, with what may be typed.
    pub(super) fn now(&self) -> Vec<String> {
        let Some(ask) = self.asks.get(self.at) else { return self.lines.clone() };
        let of = if self.asks.len() > 1 { format!("{} of {}: ", self.at + 1, self.asks.len()) } else { String::new() };
        let asked = written_out("", std::slice::from_ref(ask));
        format!("{of}{asked}").split('\n').map(text::shown).collect()
    }

    /// Returns the key of the draft of an answer, which tells it from answers to other questions.
    pub(super) fn place(&self) -> String {
        format!("answer {} {} {}", self.run, self.question.as_deref().unwrap_or_default(), self.at)
    }

    /// Whether a yes answers the question.
    pub(super) fn takes_yes(&self) -> bool {
        match self.kind {
            QuestionKind::Permission => self.question.is_some(),
            QuestionKind::Questions => false,
            QuestionKind::Form => self.asks.iter().all(|ask| ask.optional),
        }
    }

    /// Returns the commands that answer the question, with what each does to it.
    pub(crate) fn ways(&self) -> &'static [(&'static str, &'static str)] {
        match (self.kind, self.takes_yes()) {
            (QuestionKind::Permission, true) => {
                &[("allow", "once"), ("allow-run", "this run"), ("deny", "deny"), ("answer", "say")]
            }
            (QuestionKind::Form, true) => &[("allow", "accept"), ("deny", "decline"), ("answer", "fill in")],
            (QuestionKind::Form, false) => &[("answer", "fill in"), ("deny", "decline")],
            (QuestionKind::Questions, _) => &[("answer", "answer"), ("deny", "decline")],
            (QuestionKind::Permission, false) => &[("answer", "answer")],
        }
    }

    /// Says why the question can't be answered in words here; `None` where it can.
    pub(super) fn objection(&self) -> Option<String> {
        let secret = self.asks.iter().find(|ask| ask.secret)?;
        let name = text::line(secret.name());
        Some(format!(
            "{name} is a secret, and answers are written down: say no, and give it where only the agent reads it"
        ))
    }

    /// Returns the effect that answers all of the question.
    pub(super) fn answer(self, answer: Answer) -> CockpitEffect {
        CockpitEffect::Answer { run: self.run, question: self.question, answer }
    }

    /// Takes a line for the question that is open.
    pub(super) fn take(mut self, typed: &str) -> TypedLine {
        let typed = typed.trim();
        let Some(ask) = self.asks.get(self.at) else {
            return match typed.is_empty() {
                true => TypedLine::Ask(self, Some("an empty answer was not sent".to_owned())),
                false => TypedLine::Send(self.answer(Answer::Text(typed.to_owned()))),
            };
        };
        let left_out = typed.is_empty() && ask.optional;
        if !left_out && ask.values(typed).is_none() {
            let takes = text::line(&ask.takes_what());
            let why = match typed.is_empty() {
                true => format!("an empty answer was not sent; it takes {takes}"),
                false => format!("that is no answer to it; it takes {takes}"),
            };
            return TypedLine::Ask(self, Some(why));
        }
        if !left_out {
            self.said.push(format!("{}={typed}", ask.id));
        }
        self.at += 1;
        if self.at < self.asks.len() {
            return TypedLine::Ask(self, None);
        }
        // A form may be sent with nothing filled in.
        let answer = if self.said.is_empty() { Answer::Allow } else { Answer::Each(std::mem::take(&mut self.said)) };
        TypedLine::Send(self.answer(answer))
    }
}
