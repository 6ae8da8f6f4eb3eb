//! Drawing the checks: one to a line, and below them the end of what one of them wrote.

use domain::figures;
use protocol::{CheckRow, Row};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::{Focus, Model};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_right, rule, wrapped};

/// Columns of a check's name.
const NAME: usize = 14;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(row) = model.selected() else { return };
    let (width, dim) = (usize::from(area.width), theme.style(Role::Dim));
    let text = |text: &str| -> Vec<Line<'static>> {
        wrapped(text, width.saturating_sub(2)).into_iter().map(|part| Line::styled(format!(" {part}"), dim)).collect()
    };
    if row.checks.is_empty() {
        let none = "The base commit of this run defines no checks, so nothing but its agent says that it is done. \
                    [check.NAME] in pilothouse.toml defines one.";
        return frame.render_widget(Paragraph::new(text(none)), area);
    }
    let at = model.checks.at.min(row.checks.len() - 1);
    // Where there are many, those around the cursor; the output keeps half of the room.
    let room = usize::from(area.height).saturating_sub(1) / 2;
    let shown = row.checks.len().min(room.max(1));
    let top = (at + 1).saturating_sub(shown);
    let checks = row.checks.iter().enumerate().skip(top).take(shown);
    let mut lines: Vec<Line<'static>> =
        checks.map(|(n, check)| line(model, row, check, n == at, width, theme)).collect();
    let check = &row.checks[at];
    let title = format!("{} {}", model.glyphs.pick("─", "-"), domain::text::shown(&check.command));
    lines.push(rule(fit(&title, width.saturating_sub(2)).trim_end(), area.width, dim, dim, model.glyphs));
    if let Some(reason) = &check.reason {
        let role = theme.style(Role::NeedsYou);
        let parts = wrapped(&domain::text::line(reason), width.saturating_sub(2));
        lines.extend(parts.into_iter().map(|part| Line::styled(format!(" {part}"), role)));
    }
    let left = usize::from(area.height).saturating_sub(lines.len());
    let output = &model.checks.output;
    match output.is_empty() {
        true => lines.extend(text(says_nothing(model, check))),
        false => lines.extend(
            output[output.len().saturating_sub(left)..].iter().map(|l| Line::raw(fit(&format!(" {l}"), width))),
        ),
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn says_nothing(model: &Model, check: &CheckRow) -> &'static str {
    match check.n {
        0 => "it has not been run yet",
        _ if model.checks.open => "…",
        _ => "it wrote nothing",
    }
}

/// The word for what it came to, and its colour.
fn verdict(check: &CheckRow) -> (&str, Role) {
    match check.verdict.as_deref() {
        _ if check.running => ("runs", Role::Working),
        Some(word @ "pass") => (word, Role::Ready),
        Some(word) => (word, Role::NeedsYou),
        None => ("—", Role::Dim),
    }
}

fn line(model: &Model, row: &Row, check: &CheckRow, selected: bool, width: usize, theme: &Theme) -> Line<'static> {
    let (word, role) = verdict(check);
    let mark = if selected { model.glyphs.pick("▸", ">") } else { " " };
    let required = if check.required { "required" } else { "optional" };
    let tests = check.tests.map_or_else(String::new, |n| format!("{n} tests"));
    let took = check.duration_ms.filter(|_| !check.running).map_or_else(String::new, figures::seconds);
    let mut on = String::new();
    if let Some(head) = check.head.as_deref().filter(|_| !check.running) {
        on = format!("on {}", &head[..head.len().min(7)]);
        if check.uncommitted {
            on.push_str(" + uncommitted");
        }
        if row.head.as_deref().is_some_and(|now| now != head) {
            on.push_str(", the branch moved since");
        }
    }
    let rest = format!(" {required} {} {} {on}", fit_right(&tests, 11), fit_right(&took, 7));
    let name = format!(" {mark} {} ", fit(&domain::text::line(&check.name), NAME));
    let word = fit(word, 7);
    let room = width.saturating_sub(name.chars().count() + word.chars().count());
    let style = match selected && model.focus == Focus::Details {
        true => theme.style(Role::Selected),
        false => theme.style(Role::Text),
    };
    Line::from(vec![
        Span::styled(name, style),
        Span::styled(word, theme.style(role)),
        Span::styled(fit(&rest, room), theme.style(Role::Dim)),
    ])
}
