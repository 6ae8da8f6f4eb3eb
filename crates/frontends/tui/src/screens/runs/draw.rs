//! Drawing the runs screen; reads the model and changes nothing.

use domain::figures;
use domain::group::Group;
use domain::money::Usd;
use protocol::Row;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::reasons::{self, Because};
use super::widths::WIDE;
use super::{TableLine, columns, layout, lines, notice, welcome};
use crate::cockpit::{beneath, places};
use crate::commands::{self, KeyCommand};
use crate::keymap::{KeyPlace, Keymap};
use crate::model::{Focus, Heading, Model};
use crate::screens::details;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_ends, rule};

/// Columns that the base's name has in the top line at most.
const BASE: usize = 20;

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
    notice::draw(model, theme, &parts, frame);
    let said = model.notice.as_ref().filter(|_| notice::takes_the_hints(model, &parts));
    let hints = match said {
        Some(said) => Line::styled(fit(said, parts.hint.width.into()), theme.style(Role::NeedsYou)),
        None => hint_line(model, keymap, theme, parts.hint.width),
    };
    frame.render_widget(hints, parts.hint);
}

fn draw_table(model: &Model, keymap: &Keymap, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let table = lines(model);
    if model.order.is_empty() {
        let untouched = model.filter.is_empty() && model.rows.is_empty();
        if untouched && model.folder.is_some() {
            return frame.render_widget(Paragraph::new(welcome::lines(model, theme)), area);
        }
        let text = match (model.filter.is_empty(), model.rows.is_empty()) {
            (false, _) => "No run has these words. Press esc to see all of them.",
            (true, false) => "Only finished runs. Press f to see them.",
            (true, true) => "No runs yet.",
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
        TableLine::Reason { row, because, first } => {
            let before = if *first { model.glyphs.pick("   └ ", "   ` ") } else { "     " };
            let mut spans = vec![Span::styled(before, theme.style(Role::Dim))];
            spans.extend(because_spans(model, row, because, keymap, theme, reasons::table_room(width)));
            Line::from(spans)
        }
    }
}

/// A line of why a run stands, and the keys that answer it where they stand.
pub(crate) fn because_spans(
    model: &Model,
    row: &Row,
    because: &Because,
    keymap: &Keymap,
    theme: &Theme,
    room: usize,
) -> Vec<Span<'static>> {
    let keys = if because.keys { answer_keys(model, row, keymap) } else { String::new() };
    // Keys are cut before the question is; on a line of their own they begin it.
    let text = match because.text.width() {
        0 => String::new(),
        long => fit(&because.text, room.saturating_sub(keys.width()).max(long.min(room))),
    };
    let left = room.saturating_sub(text.width());
    let keys = if keys.width() > left { fit(&keys, left) } else { keys };
    vec![Span::styled(text, theme.group(row.group)), Span::styled(keys, theme.style(Role::Key))]
}

/// `  y once  Y this run  N deny  s say`, as the keys are bound.
pub(crate) fn answer_keys(model: &Model, row: &Row, keymap: &Keymap) -> String {
    let keys = commands::answers(row, keymap, &beneath(model));
    keys.into_iter().map(|(key, word)| format!("  {key} {word}")).collect()
}

/// A repository's last two folders and how its runs stand.
fn repository(model: &Model, path: &str) -> String {
    let parts: Vec<&str> = path.rsplit('/').take(2).collect();
    let name = parts.into_iter().rev().collect::<Vec<_>>().join("/");
    let rows = || model.rows.values().filter(|row| row.repo == path);
    let needy = rows().filter(|row| row.group == Group::NeedsYou).count();
    let count = crate::widgets::count(rows().count(), "run");
    let needy = match needy {
        0 => String::new(),
        1 => ", 1 needs you".to_owned(),
        n => format!(", {n} need you"),
    };
    format!("{} ({count}{needy})", domain::text::line(&name))
}

fn top_line(model: &Model, theme: &Theme, width: u16) -> Line<'static> {
    let force = in_force(model, theme);
    let mut spans = left_side(model, theme, width, true);
    if long(&spans) + long(&force) > usize::from(width) {
        // What is in force must be seen; the words of the counts are known by then.
        spans = left_side(model, theme, width, false);
    }
    let room = usize::from(width).saturating_sub(long(&spans));
    let right = right_side(model, theme, force, room);
    spans.push(Span::raw(" ".repeat(room.saturating_sub(long(&right)))));
    spans.extend(right);
    Line::from(spans)
}

/// Columns of all of them.
fn long(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| span.content.width()).sum()
}

/// The scope, where its runs begin, and how many need what.
fn left_side(model: &Model, theme: &Theme, width: u16, words: bool) -> Vec<Span<'static>> {
    let pick = |unicode, ascii| model.glyphs.pick(unicode, ascii);
    let needy = if model.count(Group::NeedsYou) == 1 { "needs you" } else { "need you" };
    let counts = [
        (Group::NeedsYou, "!", needy),
        (Group::Working, pick("●", "*"), "working"),
        (Group::Ready, pick("✓", "v"), "ready"),
        (Group::Finished, pick("■", "-"), "finished"),
    ];
    let mut spans = vec![Span::styled(domain::text::line(&model.title), theme.style(Role::Heading))];
    if let Some(base) = model.base.as_ref().filter(|_| width >= WIDE) {
        let commit: String = base.commit.chars().take(7).collect();
        let name = fit_ends(&base.name, base.name.width().min(BASE));
        spans.push(Span::styled(format!(" {} {name} {commit}", pick("·", "-")), theme.style(Role::Dim)));
    }
    for (group, sign, word) in counts {
        let n = model.count(group);
        let style = if n == 0 { theme.style(Role::Dim) } else { theme.group(group) };
        spans.push(Span::raw("  "));
        let text = if words { format!("{sign}{n} {word}") } else { format!("{sign}{n}") };
        spans.push(Span::styled(text, style));
    }
    spans
}

/// Words why the screen is out of date or the state unsafe.
fn wrong(model: &Model) -> Option<String> {
    if !model.connected {
        return Some("  daemon gone, trying again".to_owned());
    }
    model.degraded.as_ref().map(|reason| format!("  degraded: {}", domain::text::line(reason)))
}

/// Draws what is wrong, or else what changes which runs are shown and which ones a verb is for.
fn in_force(model: &Model, theme: &Theme) -> Vec<Span<'static>> {
    if let Some(wrong) = wrong(model) {
        return vec![Span::styled(wrong, theme.style(Role::Error))];
    }
    let mut spans = Vec::new();
    if !model.marks.is_empty() {
        let hidden = model.marks.iter().filter(|id| !model.order.contains(id)).count();
        let hidden = if hidden > 0 { format!(" ({hidden} not shown)") } else { String::new() };
        spans.push(Span::styled(format!("  {} marked{hidden}", model.marks.len()), theme.style(Role::Marked)));
    }
    if !model.filter.is_empty() {
        let text = format!("  /{} {} of {}", model.filter, model.order.len(), model.rows.len());
        spans.push(Span::styled(text, theme.style(Role::Match)));
    }
    spans
}

/// Draws what is wrong; else what is in force, and how much disk is free as far as there is room to say it.
fn right_side(model: &Model, theme: &Theme, force: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
    if wrong(model).is_some() {
        let text: String = force.iter().map(|span| span.content.as_ref()).collect();
        return vec![Span::styled(fit(&text, room.min(text.width())), theme.style(Role::Error))];
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(disk) = model.disk {
        parts.push(format!("disk {} free", figures::bytes(disk.free)));
        let known: Vec<u64> = model.rows.values().filter_map(|row| row.disk_bytes.filter(|_| !row.removed)).collect();
        if !known.is_empty() {
            parts.push(format!("runs {}", figures::bytes(known.iter().sum())));
        }
    }
    parts.push(format!("today {}", today(model)));
    parts.push("daemon ok".to_owned());
    let mut spans = force;
    for text in parts {
        let text = Span::styled(format!("  {text}"), theme.style(Role::Dim));
        if long(&spans) + text.content.width() > room {
            break;
        }
        spans.push(text);
    }
    spans
}

/// `$12.40 of $50.00`; `~` where agents' own figures are in it, `+` where more may be billed or has no price.
fn today(model: &Model) -> String {
    let Some(today) = model.today else { return figures::UNKNOWN.to_owned() };
    if today.unpriced > 0 && today.usd == Usd::ZERO {
        return figures::UNKNOWN.to_owned();
    }
    let own = if today.reported { "~" } else { "" };
    let more = if today.unpriced > 0 || today.cut > 0 { "+" } else { "" };
    let of = if today.budget.is_none() { String::new() } else { format!(" of {}", today.budget) };
    format!("{own}{}{more}{of}", today.usd)
}

/// The keys that can be used here and now.
fn hint_line(model: &Model, keymap: &Keymap, theme: &Theme, width: u16) -> Line<'static> {
    if model.overlay.is_some() {
        // What is open tells its own keys.
        return Line::default();
    }
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    let mut told: Vec<KeyHint> = Vec::new();
    if model.focus == Focus::Details {
        told.push(KeyHint { key: "esc".to_owned(), hint: "back", rank: FIRST });
        let next = keymap.keys_in(KeyPlace::Details, "next").first();
        told.extend(next.filter(|_| model.order.len() > 1).map(|key| KeyHint {
            key: key.clone(),
            hint: "next run",
            rank: FIRST,
        }));
    }
    for place in places(model) {
        for (command, keys) in keymap.of(place) {
            let usable = (command.unavailable)(model).is_none();
            if let (true, Some(hint), Some(key)) = (usable, hint(model, command), keys.first())
                && !told.iter().any(|known| known.key == *key)
            {
                let rank = match command.name {
                    // What a run waits for stands before what can be done with any.
                    "open" | "merge" => FIRST,
                    // Leaving and help are never pushed out by what is before them.
                    "help" | "leave" => STAYS,
                    _ => 1,
                };
                told.push(KeyHint { key: key.clone(), hint, rank });
            }
        }
    }
    told.sort_by_key(|told| told.rank);
    let mut kept: usize = told.iter().filter(|told| told.rank == STAYS).map(KeyHint::width).sum();
    for told in told {
        kept -= if told.rank == STAYS { told.width() } else { 0 };
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
struct KeyHint {
    key: String,
    hint: &'static str,
    /// Which of them have their places first.
    rank: u8,
}

const FIRST: u8 = 0;
/// At the end, with a place whatever else there is to tell.
const STAYS: u8 = 2;

impl KeyHint {
    /// Columns with the blanks after it.
    fn width(&self) -> usize {
        self.key.width() + self.hint.width() + 3
    }
}

/// The word for a command where it stands now.
fn hint(model: &Model, command: &KeyCommand) -> Option<&'static str> {
    let paused = model.meant().iter().all(|row| row.status == "paused");
    match command.name {
        "pause" if paused => Some("resume"),
        "attach" if model.selected().is_some_and(|row| row.mode == "interactive" && row.pid.is_some()) => {
            Some("terminal")
        }
        // Told where it works; elsewhere it says why not.
        "merge" if !model.meant().iter().any(|row| row.gate.as_deref() == Some("open")) => None,
        "next-in-need" if model.selected().is_some_and(|row| row.needs_you) && model.count(Group::NeedsYou) == 1 => {
            None
        }
        _ => command.hint,
    }
}
