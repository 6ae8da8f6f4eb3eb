//! Drawing the runs screen; reads the model and changes nothing.

use domain::group::Group;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{columns, details};
use crate::commands;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, rule};

pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let table = lines(model, theme, area.width);
    let body = area.height.saturating_sub(3);
    let wanted = u16::try_from(table.len()).unwrap_or(u16::MAX);
    let table_height = if model.zoomed { 0 } else { wanted.min(body.max(1)) };
    // Details get what the table leaves, and nothing rather than a sliver.
    let room = body.saturating_sub(table_height);
    let some = model.selected().is_some();
    let detail_height = if some && (room >= 3 || model.zoomed) { room } else { 0 };
    let [top, head, runs, detail, hint] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(table_height),
        Constraint::Length(detail_height),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(top_line(model, theme), top);
    if !model.zoomed {
        frame.render_widget(Line::styled(columns::heading(area.width), theme.style(Role::Dim)), head);
        draw_table(model, table, runs, frame);
    }
    let detail =
        if model.zoomed { Rect { y: head.y, height: area.height.saturating_sub(2), ..detail } } else { detail };
    details::draw(model, theme, detail, frame);
    frame.render_widget(hint_line(model, keymap, theme, area.width), hint);
}

/// Scrolled so that the selected run, with its reason, is in view.
fn draw_table(model: &Model, table: Vec<TableLine>, area: Rect, frame: &mut Frame<'_>) {
    if table.is_empty() {
        let text = match model.folder {
            Some(_) => "No runs here yet. Press n to start one.",
            None => "No runs yet.",
        };
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let height = usize::from(area.height);
    let last = table.iter().rposition(|line| line.selected).unwrap_or(0);
    let first = table.iter().position(|line| line.selected).unwrap_or(0);
    let top = (last + 1).saturating_sub(height).min(first);
    // The first group's heading comes with its first run.
    let top = if top == 1 && height > last { 0 } else { top };
    let lines: Vec<Line<'_>> = table.into_iter().skip(top).take(height).map(|line| line.line).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

struct TableLine {
    line: Line<'static>,
    selected: bool,
}

fn lines(model: &Model, theme: Theme, width: u16) -> Vec<TableLine> {
    let mut lines = Vec::new();
    let shown = model.shown();
    let dim = theme.style(Role::Dim);
    for group in Group::ALL {
        let rows: Vec<_> = shown.iter().filter(|row| model.group_of(row) == group).collect();
        let hidden = group == Group::Finished && !model.show_finished && model.count(group) > 0;
        if rows.is_empty() && !hidden {
            continue;
        }
        let title =
            if hidden { format!("FINISHED (f shows {})", model.count(group)) } else { group.heading().to_owned() };
        lines.push(TableLine { line: rule(&title, width, theme.group(group), dim, model.glyphs), selected: false });
        for row in rows {
            let selected = model.cursor.as_ref() == Some(&row.id);
            let cursor = if selected { ">" } else { " " };
            let text = columns::cells(model, row, width);
            let style = if selected { theme.style(Role::Selected) } else { theme.style(Role::Text) };
            let glyph = Span::styled(model.glyphs.of(row), theme.group(group));
            let spans = vec![Span::raw(cursor), glyph, Span::raw(" "), Span::styled(text, style)];
            lines.push(TableLine { line: Line::from(spans), selected });
            if columns::has_reason_line(row, width) {
                lines.push(TableLine { line: reason_line(model, row, selected, width, theme), selected });
            }
        }
    }
    lines
}

fn reason_line(model: &Model, row: &protocol::Row, selected: bool, width: u16, theme: Theme) -> Line<'static> {
    let keys = if selected && row.question.is_some() { "  y once  Y this run  N deny" } else { "" };
    let corner = model.glyphs.pick("   └ ", "   ` ");
    let room = usize::from(width).saturating_sub(5 + keys.len());
    let why = fit(&columns::why(row), room);
    Line::from(vec![
        Span::styled(corner, theme.style(Role::Dim)),
        Span::styled(why, theme.group(row.group)),
        Span::styled(keys, theme.style(Role::Key)),
    ])
}

fn top_line(model: &Model, theme: Theme) -> Line<'static> {
    let pick = |unicode, ascii| model.glyphs.pick(unicode, ascii);
    let counts = [
        (Group::NeedsYou, "!", "need you"),
        (Group::Working, pick("●", "*"), "working"),
        (Group::Ready, pick("✓", "v"), "ready"),
        (Group::Finished, pick("■", "-"), "finished"),
    ];
    let mut spans = vec![Span::styled(domain::text::line(&model.title), theme.style(Role::Heading))];
    for (group, sign, word) in counts {
        let n = model.count(group);
        let style = if n == 0 { theme.style(Role::Dim) } else { theme.group(group) };
        spans.push(Span::raw("  "));
        spans.push(Span::styled(format!("{sign}{n} {word}"), style));
    }
    if !model.connected {
        spans.push(Span::styled("  daemon gone, trying again", theme.style(Role::Error)));
    } else if let Some(reason) = &model.degraded {
        spans.push(Span::styled(format!("  not written: {}", domain::text::line(reason)), theme.style(Role::Error)));
    }
    Line::from(spans)
}

/// A notice, or the keys that can be used here and now.
fn hint_line(model: &Model, keymap: &Keymap, theme: Theme, width: u16) -> Line<'static> {
    if let Some(notice) = &model.notice {
        return Line::styled(fit(notice, width.into()), theme.style(Role::NeedsYou));
    }
    let mut spans = Vec::new();
    let mut used = 0;
    let usable = commands::ALL.iter().filter(|command| (command.unavailable)(model).is_none());
    for (command, hint) in usable.filter_map(|command| Some((command, command.hint?))) {
        let Some(key) = keymap.keys_of(command.name).into_iter().next() else { continue };
        let long = key.chars().count() + 1 + hint.len() + 2;
        if used + long > usize::from(width) {
            break;
        }
        used += long;
        spans.push(Span::styled(key, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {hint}  ")));
    }
    Line::from(spans)
}
