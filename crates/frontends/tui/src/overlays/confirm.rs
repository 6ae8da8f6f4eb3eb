//! The question before something is ended or taken away: what happens, what is kept, what is not.

use domain::RunId;
use domain::command::Command;
use domain::figures;
use protocol::RemovableRow;
use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::Overlay;
use super::window::{self, keys};
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Columns of the window.
const WIDTH: u16 = 76;

/// The question before runs are acted on. Bound to the runs' ids, whatever moves on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Confirm {
    pub(crate) title: String,
    pub(crate) runs: Vec<RunId>,
    pub(crate) command: Command,
    /// A word like `keeps`, and what it is said of.
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) yes: String,
    pub(crate) no: &'static str,
    /// The reasons against it are still being looked up.
    pub(crate) waits: bool,
    pub(crate) top: usize,
}

/// Takes up what was looked up before worktrees are removed: what a snapshot keeps, what it leaves out, and what else
/// one should know. An obstacle for good is reported by the daemon, which refuses.
pub(crate) fn removable(model: &mut Model, runs: &[RunId], rows: &[RemovableRow]) -> Vec<CockpitEffect> {
    let Some(confirm) = waiting_for(model, runs) else { return Vec::new() };
    confirm.waits = false;
    let name = |row: &RemovableRow| domain::text::line(row.name.as_deref().unwrap_or(&row.path));
    for row in rows {
        let bytes = row.bytes.map_or_else(|| figures::UNKNOWN.to_owned(), figures::bytes);
        confirm.lines.push(("snapshot".to_owned(), format!("{}: {bytes}", name(row))));
        if !row.may_go {
            confirm.lines.push(("note".to_owned(), format!("{}: {}", name(row), domain::text::line(&row.why))));
        }
        if !row.left_out.is_empty() {
            let left = domain::text::shown(&row.left_out.join(", "));
            confirm.lines.push(("NOT kept".to_owned(), format!("{}: {left}", name(row))));
        }
    }
    Vec::new()
}

/// Shows that the snapshot's contents can't be told, so nothing is taken away.
pub(crate) fn not_removable(model: &mut Model, runs: &[RunId], why: String) -> Vec<CockpitEffect> {
    if let Some(confirm) = waiting_for(model, runs) {
        confirm.waits = false;
        confirm.runs.clear();
        confirm.lines.push(("refused".to_owned(), domain::text::line(&why)));
    }
    Vec::new()
}

/// The question that is open and waits to know about just these runs.
fn waiting_for<'a>(model: &'a mut Model, runs: &[RunId]) -> Option<&'a mut Confirm> {
    match &mut model.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.waits && confirm.runs == runs => Some(confirm),
        _ => None,
    }
}

/// Columns within the frame.
fn window_room(columns: u16) -> usize {
    usize::from(WIDTH.min(columns)).saturating_sub(4)
}

/// Columns for what is said of the runs.
fn room(columns: u16) -> usize {
    usize::from(WIDTH.min(columns)).saturating_sub(17)
}

impl Confirm {
    /// Counts the lines that the question has at this width.
    pub(super) fn height(&self, columns: u16) -> usize {
        let title = wrapped(&self.title, window_room(columns)).len();
        title + 1 + self.lines.iter().map(|(_, text)| wrapped(text, room(columns)).len()).sum::<usize>()
    }
}

pub(super) fn draw(confirm: &Confirm, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let width = window::width(frame, WIDTH);
    let room = room(frame.area().width);
    let title = wrapped(&confirm.title, window_room(frame.area().width));
    let mut lines: Vec<_> = title.into_iter().map(|part| Line::styled(part, theme.style(Role::Heading))).collect();
    lines.push(Line::default());
    for (word, text) in &confirm.lines {
        let role = if word == "NOT kept" || word == "loses" { Role::NeedsYou } else { Role::Text };
        for (at, part) in wrapped(text, room).into_iter().enumerate() {
            let word = if at == 0 { word.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{word:<11} "), theme.style(Role::Dim)),
                Span::styled(part, theme.style(role)),
            ]));
        }
    }
    if confirm.waits {
        lines.push(Line::styled("looking at what is there …", theme.style(Role::Dim)));
    }
    let footer = if confirm.waits || confirm.runs.is_empty() {
        keys(keymap, KeyPlace::Confirm, theme, &[("close", "close")])
    } else {
        keys(keymap, KeyPlace::Confirm, theme, &[("accept", &confirm.yes), ("close", confirm.no)])
    };
    window::scrolled(" are you sure? ", lines, footer, confirm.top, width, theme, frame);
}
