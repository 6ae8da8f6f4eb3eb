//! Drawing the form.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::form::{FormField, NewRunForm};
use crate::keymap::{KeyPlace, Keymap};
use crate::overlays::window::{self, keys};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, wrapped};

const LABEL: u16 = 9;

pub(crate) fn draw(form: &NewRunForm, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let width = window::width(frame, 90);
    // The task gets what the other fields leave.
    let others = 2 + 2 + (FormField::ALL.len() as u16 - 1) + 3;
    let task = area.height.saturating_sub(others).clamp(1, 10);
    let height = (others + task).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let title = match &form.folder {
        Some(folder) => format!(" new run in {} ", domain::text::line(&folder.display().to_string())),
        None => " new run ".to_owned(),
    };
    let inner = window::frame(&title, place, theme, frame);
    let mut y = inner.y;
    for entry in FormField::ALL {
        let rows = if entry == FormField::Task { task } else { 1 };
        if y + rows > inner.bottom() {
            return;
        }
        draw_field(form, entry, Rect { y, height: rows, ..inner }, theme, frame);
        y += rows;
    }
    y += 1;
    for line in below(form, usize::from(inner.width), theme).into_iter().take(2) {
        if y < inner.bottom().saturating_sub(1) {
            frame.render_widget(line, Rect { y, height: 1, ..inner });
            y += 1;
        }
    }
    let footer = if form.sending {
        Line::styled("starting …", theme.style(Role::Dim))
    } else {
        let does = [
            ("accept", "start"),
            ("next-field", "next"),
            ("clear", "clear"),
            ("edit-outside", "$EDITOR"),
            ("close", "leave"),
        ];
        keys(keymap, KeyPlace::Form, theme, &does)
    };
    if inner.height > 0 {
        frame.render_widget(footer, Rect { y: inner.bottom() - 1, height: 1, ..inner });
    }
}

fn draw_field(form: &NewRunForm, entry: FormField, area: Rect, theme: &Theme, frame: &mut Frame<'_>) {
    let here = form.at == entry;
    let wrong = form.problem.as_ref().is_some_and(|(at, _)| *at == Some(entry));
    let role = match (wrong, here) {
        (true, _) => Role::Error,
        (false, true) => Role::Key,
        (false, false) => Role::Dim,
    };
    let sign = if wrong {
        "!"
    } else if here {
        ">"
    } else {
        " "
    };
    let label = Line::styled(format!("{sign}{:<7}", entry.says().0), theme.style(role));
    frame.render_widget(label, Rect { height: 1, ..area });
    let place = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    frame.render_widget(form.input(entry), place);
    if form.text(entry).is_empty() {
        // What an empty field means stands where its value would, below the cursor.
        let style = Style::new().dim();
        let says = fit(entry.says().1, place.width.into());
        let mut rest = says.chars();
        let first = rest.next().map(String::from).unwrap_or_default();
        let first = Span::styled(first, if here { style.reversed() } else { style });
        let line = Line::from(vec![first, Span::styled(rest.as_str(), style)]);
        frame.render_widget(line, Rect { height: place.height.min(1), ..place });
    }
}

/// Draws below the fields what is wrong, or else what can be chosen in the field with the cursor.
fn below(form: &NewRunForm, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    if let Some((_, why)) = &form.problem {
        let lines = wrapped(why, width).into_iter();
        return lines.map(|line| Line::styled(line, theme.style(Role::Error))).collect();
    }
    let options = form.options(form.at);
    if options.is_empty() {
        return Vec::new();
    }
    let typed = form.text(form.at);
    let mut spans = vec![Span::styled("up/down: ", theme.style(Role::Dim))];
    let mut used = 9;
    // What is chosen is always among what is seen.
    let at = options.iter().position(|option| *option == typed).unwrap_or(0);
    let before = at.saturating_sub(2);
    if before > 0 {
        spans.push(Span::styled("…  ", theme.style(Role::Dim)));
        used += 3;
    }
    for option in options.iter().skip(before) {
        let is_typed = *option == typed;
        let missing = if form.is_missing(option) { " (not installed)" } else { "" };
        let option = format!("{}{missing}", domain::text::line(option));
        let long = option.chars().count() + 2;
        if used + long > width {
            spans.push(Span::styled("…", theme.style(Role::Dim)));
            break;
        }
        used += long;
        let role = match (is_typed, missing.is_empty()) {
            (true, _) => Role::Selected,
            (false, true) => Role::Text,
            (false, false) => Role::Dim,
        };
        spans.push(Span::styled(option, theme.style(role)));
        spans.push(Span::raw("  "));
    }
    vec![Line::from(spans)]
}
