//! Drawing the runs screen; reads the model and changes nothing.

use domain::figures;
use domain::group::Group;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::{TableLine, columns, layout, lines, why};
use crate::cockpit::{beneath, places};
use crate::commands::{self, Command};
use crate::keymap::{Keymap, Place};
use crate::model::{Focus, Heading, Model};
use crate::screens::details;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, rule};

pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let parts = layout(model);
    frame.render_widget(top_line(model, theme, parts.top.width), parts.top);
    if parts.head.height > 0 {
        frame.render_widget(Line::styled(columns::heading(model), theme.style(Role::Dim)), parts.head);
    }
    if parts.table.height > 0 {
        draw_table(model, keymap, theme, parts.table, frame);
    }
    details::draw(model, keymap, theme, &parts, frame);
    frame.render_widget(hint_line(model, keymap, theme, parts.hint.width), parts.hint);
}

fn draw_table(model: &Model, keymap: &Keymap, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let table = lines(model);
    if model.order.is_empty() {
        let text = match model.folder {
            _ if !model.filter.is_empty() => "No run has these words. Press esc to see all of them.",
            _ if !model.rows.is_empty() => "Only finished runs. Press f to see them.",
            Some(_) => "No runs here yet. Press n to start one.",
            None => "No runs yet.",
        };
        return frame.render_widget(Paragraph::new(text), area);
    }
    let shown = table.iter().skip(model.table_top).take(area.height.into());
    let lines: Vec<Line<'_>> = shown.map(|line| draw_line(model, line, keymap, theme, area.width)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_line(model: &Model, line: &TableLine<'_>, keymap: &Keymap, theme: &Theme, width: u16) -> Line<'static> {
    match line {
        TableLine::Heading { heading, hidden } => {
            let (title, style) = match heading.as_ref() {
                Heading::Group(group) if *hidden > 0 => {
                    (format!("{} (f shows {hidden})", group.heading()), theme.group(*group))
                }
                Heading::Group(group) => (group.heading().to_owned(), theme.group(*group)),
                Heading::Repository(path) => (repository(model, path), theme.style(Role::Heading)),
            };
            rule(&title, width, style, theme.style(Role::Dim), model.glyphs)
        }
        TableLine::Row(row) => {
            let selected = model.cursor.as_ref() == Some(&row.id);
            let cursor = if selected { ">" } else { " " };
            let text = columns::cells(model, row, width);
            let marked = model.marks.contains(&row.id);
            let style = match (selected, marked) {
                (true, _) => theme.style(Role::Selected),
                (false, true) => theme.style(Role::Marked),
                (false, false) => theme.style(Role::Text),
            };
            let glyph = Span::styled(model.glyphs.of(row), theme.group(row.group));
            let mark = Span::styled(if marked { "+" } else { " " }, theme.style(Role::Marked));
            Line::from(vec![Span::raw(cursor), glyph, mark, Span::styled(text, style)])
        }
        TableLine::Reason(row) => {
            let selected = model.cursor.as_ref() == Some(&row.id);
            let keys = if selected && row.question.is_some() { answer_keys(model, keymap) } else { String::new() };
            let corner = model.glyphs.pick("   └ ", "   ` ");
            let room = usize::from(width).saturating_sub(5 + keys.width());
            Line::from(vec![
                Span::styled(corner, theme.style(Role::Dim)),
                Span::styled(fit(&why(row), room), theme.group(row.group)),
                Span::styled(keys, theme.style(Role::Key)),
            ])
        }
    }
}

/// `  y once  Y this run  N deny  s say`, as the keys are bound.
pub(crate) fn answer_keys(model: &Model, keymap: &Keymap) -> String {
    let keys = commands::answers(keymap, &beneath(model));
    keys.into_iter().map(|(key, word)| format!("  {key} {word}")).collect()
}

/// A repository's last two folders and how its runs stand.
fn repository(model: &Model, path: &str) -> String {
    let parts: Vec<&str> = path.rsplit('/').take(2).collect();
    let name = parts.into_iter().rev().collect::<Vec<_>>().join("/");
    let rows = || model.rows.values().filter(|row| row.repo == path);
    let needy = rows().filter(|row| row.group == Group::NeedsYou).count();
    let count = super::count(rows().count(), "run");
    let needy = if needy > 0 { format!(", {needy} need you") } else { String::new() };
    format!("{} ({count}{needy})", domain::text::line(&name))
}

fn top_line(model: &Model, theme: &Theme, width: u16) -> Line<'static> {
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
    let used: usize = spans.iter().map(|span| span.content.width()).sum();
    let right = right_side(model, theme, usize::from(width).saturating_sub(used + 2));
    let long: usize = right.iter().map(|span| span.content.width()).sum();
    spans.push(Span::raw(" ".repeat(usize::from(width).saturating_sub(used + long))));
    spans.extend(right);
    Line::from(spans)
}

/// What is wrong; else what is in force and how much room there is, as far as it fits.
fn right_side(model: &Model, theme: &Theme, room: usize) -> Vec<Span<'static>> {
    let error = |text: &str| vec![Span::styled(fit(text, room.min(text.width())), theme.style(Role::Error))];
    if !model.connected {
        return error("daemon gone, trying again");
    }
    if let Some(reason) = &model.degraded {
        return error(&format!("not written: {}", domain::text::line(reason)));
    }
    let mut parts: Vec<(String, Role)> = Vec::new();
    if !model.marks.is_empty() {
        let hidden = model.marks.iter().filter(|id| !model.order.contains(id)).count();
        let hidden = if hidden > 0 { format!(" ({hidden} not shown)") } else { String::new() };
        parts.push((format!("{} marked{hidden}", model.marks.len()), Role::Marked));
    }
    if !model.filter.is_empty() {
        let text = format!("/{} {} of {}", model.filter, model.order.len(), model.rows.len());
        parts.push((text, Role::Match));
    }
    if let Some(disk) = model.disk {
        parts.push((format!("disk {} free", figures::bytes(disk.free)), Role::Dim));
        let known: Vec<u64> = model.rows.values().filter_map(|row| row.disk_bytes.filter(|_| !row.removed)).collect();
        if !known.is_empty() {
            parts.push((format!("runs {}", figures::bytes(known.iter().sum())), Role::Dim));
        }
    }
    let mut spans = Vec::new();
    let mut used = 0;
    for (text, role) in parts {
        let long = text.width() + 2;
        if used + long > room {
            break;
        }
        used += long;
        spans.push(Span::raw("  "));
        spans.push(Span::styled(text, theme.style(role)));
    }
    spans
}

/// A notice, or the keys that can be used here and now.
fn hint_line(model: &Model, keymap: &Keymap, theme: &Theme, width: u16) -> Line<'static> {
    if let Some(notice) = &model.notice {
        return Line::styled(fit(notice, width.into()), theme.style(Role::NeedsYou));
    }
    if model.overlay.is_some() {
        // What is open tells its own keys.
        return Line::default();
    }
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    let mut told: Vec<Told> = Vec::new();
    if model.focus == Focus::Details {
        told.push(Told { key: "esc".to_owned(), hint: "back", stays: false });
        let next = keymap.keys_in(Place::Details, "next").first();
        told.extend(next.filter(|_| model.order.len() > 1).map(|key| Told {
            key: key.clone(),
            hint: "next run",
            stays: false,
        }));
    }
    for place in places(model) {
        for (command, keys) in keymap.of(place) {
            let usable = (command.unavailable)(model).is_none();
            if let (true, Some(hint), Some(key)) = (usable, hint(model, command), keys.first())
                && !told.iter().any(|known| known.key == *key)
            {
                // Leaving and help are never pushed out by what is before them.
                told.push(Told { key: key.clone(), hint, stays: matches!(command.name, "help" | "leave") });
            }
        }
    }
    told.sort_by_key(|told| told.stays);
    let mut kept: usize = told.iter().filter(|told| told.stays).map(Told::width).sum();
    for told in told {
        kept -= if told.stays { told.width() } else { 0 };
        if used + told.width() + kept > usize::from(width) + 2 {
            continue;
        }
        used += told.width();
        spans.push(Span::styled(told.key, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {}  ", told.hint)));
    }
    Line::from(spans)
}

/// A key and what it does.
struct Told {
    key: String,
    hint: &'static str,
    /// It has its place whatever else there is to tell.
    stays: bool,
}

impl Told {
    /// Columns with the blanks after it.
    fn width(&self) -> usize {
        self.key.width() + self.hint.width() + 3
    }
}

/// The word for a command where it stands now.
fn hint(model: &Model, command: &Command) -> Option<&'static str> {
    let paused = model.meant().iter().all(|row| row.status == "paused");
    match command.name {
        "pause" if paused => Some("resume"),
        "attach" if model.selected().is_some_and(|row| row.mode == "interactive" && row.pid.is_some()) => {
            Some("terminal")
        }
        "next-in-need" if model.selected().is_some_and(|row| row.needs_you) && model.count(Group::NeedsYou) == 1 => {
            None
        }
        _ => command.hint,
    }
}
