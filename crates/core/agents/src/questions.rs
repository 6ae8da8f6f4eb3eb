//! Questions of an agent, whichever protocol they came by, as a run waits on them.

use domain::event::WaitingStarted;
use domain::question::{QuestionKind, SingleQuestion, in_a_line, written_out};

use crate::short::{short, whole};

/// Returns what a run waits on that is asked all of these.
pub(crate) fn asked(asks: Vec<SingleQuestion>) -> WaitingStarted {
    WaitingStarted {
        text: short(&in_a_line("", &asks)),
        choices: asks.iter().flat_map(|ask| ask.options.iter().map(|option| option.label.clone())).collect(),
        kind: QuestionKind::Questions,
        full: Some(whole(&written_out("", &asks))),
        asks,
        ..WaitingStarted::default()
    }
}
