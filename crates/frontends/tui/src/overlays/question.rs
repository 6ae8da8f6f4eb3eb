//! What a run asks, all of it: whoever says yes has read what to.

use domain::command::Answer;
use ratatui::Frame;
use ratatui::text::Line;

use super::window::{self, keys};
use super::{Asking, Overlay, prompt};
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Columns of the window.
const WIDTH: u16 = 76;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenQuestion {
    asking: Asking,
    pub(super) top: usize,
}

/// Opens what the selected run asks.
pub(crate) fn question(model: &mut Model) -> Vec<CockpitEffect> {
    let asking = model.selected().and_then(Asking::of);
    model.overlay = asking.map(|asking| Overlay::Question(OpenQuestion { asking, top: 0 }));
    Vec::new()
}

/// Answers the question that is open. A yes goes on to its next lines as long as its end was not seen.
pub(crate) fn answer_open(model: &mut Model, answer: Answer) -> Vec<CockpitEffect> {
    let Some(Overlay::Question(question)) = &mut model.overlay else { return Vec::new() };
    let says_yes = matches!(answer, Answer::Allow | Answer::AllowRun);
    if says_yes && !window::is_read(question.height(model.size.0), model.size.1, question.top) {
        question.top += window::page(model.size.1);
        return Vec::new();
    }
    let asking = question.asking.clone();
    model.overlay = None;
    if says_yes && !asking.takes_yes() {
        // Leave is no answer to a question: it is answered in words.
        return prompt::answer_to(model, asking);
    }
    vec![asking.answer(answer)]
}

/// Types an answer to the question that is open.
pub(super) fn say_to_open(model: &mut Model) -> Option<Asking> {
    match model.overlay.take() {
        Some(Overlay::Question(open)) => Some(open.asking),
        other => {
            model.overlay = other;
            None
        }
    }
}

impl OpenQuestion {
    fn lines(&self, columns: u16) -> Vec<String> {
        let room = usize::from(WIDTH.min(columns)).saturating_sub(4);
        self.asking.lines.iter().flat_map(|line| wrapped(line, room)).collect()
    }

    /// Counts the lines that the question has at this width.
    pub(super) fn height(&self, columns: u16) -> usize {
        self.lines(columns).len()
    }
}

pub(super) fn draw(question: &OpenQuestion, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let width = window::width(frame, WIDTH);
    let lines = question.lines(width).into_iter().map(|line| Line::styled(line, theme.style(Role::NeedsYou)));
    let pairs = [question.asking.ways(), &[("close", "leave")]].concat();
    let footer = keys(keymap, KeyPlace::Question, theme, &pairs);
    window::scrolled(
        &format!(" {} ", question.asking.name),
        lines.collect(),
        footer,
        question.top,
        width,
        theme,
        frame,
    );
}
