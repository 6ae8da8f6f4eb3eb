//! A list of checkpoints to go back to.

use domain::RunId;
use protocol::CheckpointRow;
use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::Overlay;
use super::window::{self, keys};
use crate::effect::Effect;
use crate::keymap::{Keymap, Place};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::fit;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choose {
    pub(crate) run: RunId,
    pub(crate) name: String,
    /// The newest first.
    pub(crate) checkpoints: Vec<CheckpointRow>,
    pub(crate) at: usize,
}

pub(crate) fn checkpoints(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.selected() else { return Vec::new() };
    let checkpoints = row.checkpoints.iter().rev().cloned().collect();
    let choose = Choose { run: row.id.clone(), name: row.name.clone(), checkpoints, at: 0 };
    model.overlay = Some(Overlay::Choose(choose));
    Vec::new()
}

pub(super) fn draw(choose: &Choose, model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let width = window::width(frame, 76);
    let name = domain::text::line(&choose.name);
    let mut lines = vec![
        Line::styled(format!("Take {name} back to which checkpoint?"), theme.style(Role::Heading)),
        Line::styled("keeps  what is there now, as a checkpoint of its own, and ignored files", theme.style(Role::Dim)),
        Line::styled("sets   the branch, the files and the index to what they were", theme.style(Role::Dim)),
        Line::default(),
    ];
    let first = lines.len();
    for (at, checkpoint) in choose.checkpoints.iter().enumerate() {
        let (hour, minute, _) = model.local(checkpoint.at);
        let (sign, style) = match at == choose.at {
            true => (">", theme.style(Role::Selected)),
            false => (" ", theme.style(Role::Text)),
        };
        let text = format!("{:>3}  {hour:02}:{minute:02}  {}", checkpoint.n, domain::text::line(&checkpoint.why));
        let text = fit(&text, usize::from(width).saturating_sub(6));
        lines.push(Line::from(vec![Span::raw(sign), Span::styled(text, style)]));
    }
    let footer = keys(keymap, Place::Choose, theme, &[("accept", "go back to it"), ("close", "stay")]);
    let room = usize::from(frame.area().height).saturating_sub(5);
    let top = (first + choose.at + 1).saturating_sub(room);
    window::scrolled(" checkpoints ", lines, footer, top, width, theme, frame);
}
