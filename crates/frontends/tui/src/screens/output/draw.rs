//! Drawing output: from the bottom up, so that wrapped lines cost only what is seen.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, marked, wrapped};

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let view = &model.output;
    let count = view.count();
    if count == 0 {
        let own_terminal = model.selected().is_some_and(|row| row.mode == "interactive");
        let text = match (view.heard, view.errors) {
            (false, _) => " …",
            (true, _) if own_terminal => " it has a terminal of its own; a shows it",
            (true, false) => " nothing was written yet",
            (true, true) => " nothing was written",
        };
        frame.render_widget(Line::styled(text, theme.style(Role::Dim)), area);
        return;
    }
    let (height, width) = (usize::from(area.height), usize::from(area.width).saturating_sub(1));
    let mut lines: VecDeque<Line<'static>> = VecDeque::new();
    let mut at = count.saturating_sub(view.scroll).max(1);
    while lines.len() < height && at > 0 {
        at -= 1;
        let Some(text) = view.line(at) else { continue };
        let is_found = view.found == Some(at);
        let style = theme.style(if is_found { Role::Selected } else { role(text) });
        let parts = if view.wrap { wrapped(text, width) } else { vec![fit(text, width).trim_end().to_owned()] };
        for part in parts.into_iter().rev() {
            // The bar of what was found goes to the end of its line.
            let part = if is_found { fit(&part, width) } else { part };
            let mut spans = marked(part, view.search.as_deref(), style, theme);
            spans.insert(0, " ".into());
            lines.push_front(Line::from(spans));
        }
    }
    while lines.len() > height {
        lines.pop_front();
    }
    frame.render_widget(Paragraph::new(Vec::from(lines)), area);
}

/// Returns the role of a line: what the agent says stands out from what its tools print.
fn role(line: &str) -> Role {
    if line.starts_with(' ') { Role::Dim } else { Role::Text }
}
