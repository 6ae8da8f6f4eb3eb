//! A list of checkpoints to go back to.

use domain::RunId;
use protocol::CheckpointRow;
use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::Overlay;
use super::window::{self, keys};
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, wrapped};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choose {
    pub(crate) run: RunId,
    pub(crate) name: String,
    /// The checkpoints, the newest first.
    pub(crate) checkpoints: Vec<CheckpointRow>,
    pub(crate) at: usize,
}

pub(crate) fn checkpoints(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(row) = model.selected() else { return Vec::new() };
    let checkpoints = row.checkpoints.iter().rev().cloned().collect();
    let choose = Choose { run: row.id.clone(), name: row.name.clone(), checkpoints, at: 0 };
    model.overlay = Some(Overlay::Choose(choose));
    Vec::new()
}

pub(super) fn draw(choose: &Choose, model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let width = window::width(frame, 76);
    let name = domain::text::line(&choose.name);
    let room = usize::from(width).saturating_sub(4);
    let said = [
        (format!("Take {name} back to which checkpoint?"), Role::Heading),
        ("keeps  what is there now, as a checkpoint of its own, and ignored files".to_owned(), Role::Dim),
        ("sets   the branch, the files and the index to what they were".to_owned(), Role::Dim),
        (String::new(), Role::Text),
    ];
    let parts = said.iter().flat_map(|(text, role)| wrapped(text, room).into_iter().map(move |part| (part, *role)));
    let mut lines: Vec<_> = parts.map(|(part, role)| Line::styled(part, theme.style(role))).collect();
    // The line below the one that is chosen, so that all of that is in view.
    let mut after = lines.len();
    for (at, checkpoint) in choose.checkpoints.iter().enumerate() {
        let (sign, style) = match at == choose.at {
            true => (">", theme.style(Role::Selected)),
            false => (" ", theme.style(Role::Text)),
        };
        let (n, made) = (checkpoint.n, model.minute(checkpoint.at));
        let text = format!("{n:>3}  {made}  {}", domain::text::line(&checkpoint.why));
        // The one that is chosen is there in full.
        let texts = if at == choose.at {
            wrapped(&text, room.saturating_sub(2))
        } else {
            vec![fit(&text, room.saturating_sub(2))]
        };
        for (part, text) in texts.iter().enumerate() {
            let sign = if part == 0 { sign } else { " " };
            lines.push(Line::from(vec![Span::raw(sign), Span::styled(fit(text, room.saturating_sub(2)), style)]));
        }
        if at == choose.at {
            after = lines.len();
        }
    }
    let footer = keys(keymap, KeyPlace::Choose, theme, &[("accept", "go back to it"), ("close", "stay")]);
    let top = after.saturating_sub(usize::from(frame.area().height).saturating_sub(5));
    window::scrolled(" checkpoints ", lines, footer, top, width, theme, frame);
}
