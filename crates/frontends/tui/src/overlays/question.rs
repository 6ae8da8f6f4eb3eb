//! What a run asks, all of it: whoever says yes has read what to.

use domain::RunId;
use domain::command::Answer;
use ratatui::Frame;
use ratatui::text::Line;

use super::Overlay;
use super::window::{self, keys};
use crate::effect::Effect;
use crate::keymap::{Keymap, Place};
use crate::model::Model;
use crate::screens::runs::why;
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Columns of the window.
const WIDTH: u16 = 76;

/// Bound to the question's id: another question gets no answer to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenQuestion {
    run: RunId,
    name: String,
    id: String,
    text: String,
    pub(super) top: usize,
}

/// Opens what the selected run asks.
pub(crate) fn question(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.selected() else { return Vec::new() };
    let Some(asked) = &row.question else { return Vec::new() };
    let (run, name) = (row.id.clone(), domain::text::line(&row.name));
    let question = OpenQuestion { run, name, id: asked.id.clone(), text: why(row), top: 0 };
    model.overlay = Some(Overlay::Question(question));
    Vec::new()
}

/// Answers the question that is open. A yes goes on to its next lines as long as its end was not seen.
pub(crate) fn answer_open(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let Some(Overlay::Question(question)) = &mut model.overlay else { return Vec::new() };
    let says_yes = matches!(answer, Answer::Allow | Answer::AllowRun);
    if says_yes && !window::is_read(question.height(model.size.0), model.size.1, question.top) {
        question.top += window::page(model.size.1);
        return Vec::new();
    }
    let (run, question) = (question.run.clone(), question.id.clone());
    model.overlay = None;
    vec![Effect::Answer { run, question, answer }]
}

impl OpenQuestion {
    fn lines(&self, columns: u16) -> Vec<String> {
        wrapped(&self.text, usize::from(WIDTH.min(columns)).saturating_sub(4))
    }

    /// Lines that it has at this width.
    pub(super) fn height(&self, columns: u16) -> usize {
        self.lines(columns).len()
    }
}

pub(super) fn draw(question: &OpenQuestion, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let width = window::width(frame, WIDTH);
    let lines = question.lines(width).into_iter().map(|line| Line::styled(line, theme.style(Role::NeedsYou)));
    let pairs = [("allow", "once"), ("allow-run", "this run"), ("deny", "deny"), ("answer", "say"), ("close", "leave")];
    let footer = keys(keymap, Place::Question, theme, &pairs);
    window::scrolled(&format!(" {} ", question.name), lines.collect(), footer, question.top, width, theme, frame);
}
