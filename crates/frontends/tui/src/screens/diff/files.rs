//! The list of files beside a diff.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::parse::{DiffFile, Difference};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_right};

/// Columns of the list.
pub(super) const WIDTH: u16 = 38;

/// `M path +3-1`.
pub(super) fn counts(file: &DiffFile) -> String {
    match (file.added, file.removed) {
        (Some(added), Some(removed)) => domain::figures::lines(added, removed),
        _ => "binary".to_owned(),
    }
}

pub(super) fn draw(diff: &Difference, current: usize, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let height = usize::from(area.height);
    let top = (current + height / 2 + 1).saturating_sub(height).min(diff.files.len().saturating_sub(height));
    let lines: Vec<Line<'_>> = diff
        .files
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(at, file)| {
            let counts = fit_right(&counts(file), 10);
            let room = usize::from(area.width).saturating_sub(16);
            // The end of a path tells more than its beginning.
            let long = file.path.chars().count();
            let path: String = match long > room {
                true => format!("…{}", file.path.chars().skip(long + 1 - room).collect::<String>()),
                false => file.path.clone(),
            };
            let style = theme.style(if at == current { Role::Selected } else { Role::Text });
            let role = match file.status {
                'A' | 'C' => Role::Added,
                'D' => Role::Removed,
                _ => Role::Hunk,
            };
            Line::from(vec![
                Span::styled(format!(" {} ", file.status), theme.style(role)),
                Span::styled(fit(&path, room), style),
                Span::styled(format!(" {counts} "), theme.style(Role::Dim)),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}
