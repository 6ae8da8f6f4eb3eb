//! What a run's agent waits to be told, as its row has it.

use domain::question::{QuestionKind, SingleQuestion};
use domain::run::Question;
use serde::{Deserialize, Serialize};

/// The question that a run waits on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuestionRow {
    pub id: String,
    pub text: String,
    pub choices: Vec<String>,
    /// `permission`, `questions` or `form`.
    #[serde(default)]
    pub kind: QuestionKind,
    /// The single questions, or the fields of a form; each takes an answer of its own.
    #[serde(default)]
    pub asks: Vec<SingleQuestion>,
    /// All of what is asked, over several lines, where that is more than `text`.
    #[serde(default)]
    pub full: Option<String>,
}

impl From<&Question> for QuestionRow {
    fn from(question: &Question) -> Self {
        Self {
            id: question.id.clone(),
            text: question.text.clone(),
            choices: question.choices.clone(),
            kind: question.kind,
            asks: question.asks.clone(),
            full: question.full.clone(),
        }
    }
}
