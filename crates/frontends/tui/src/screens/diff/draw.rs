//! Drawing a diff, one below the other or side by side.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::files;
use super::parse::{DiffLine, Difference, LineKind, SideRow};
use super::update::{has_sides, top_line};
use crate::model::{Focus, Model};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, places};

/// From this width on the list of files stands beside the diff.
const WITH_FILES: u16 = 110;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let dim = theme.style(Role::Dim);
    let diff = match &model.diff.loaded {
        None => return frame.render_widget(Line::styled(" …", dim), area),
        Some(Err(why)) => {
            let text = Line::styled(format!(" {}", domain::text::line(why)), theme.style(Role::Error));
            return frame.render_widget(text, area);
        }
        Some(Ok(diff)) if diff.lines.is_empty() => {
            return frame.render_widget(Line::styled(" nothing was changed", dim), area);
        }
        Some(Ok(diff)) => diff,
    };
    let list = if area.width >= WITH_FILES && diff.files.len() > 1 { files::WIDTH } else { 0 };
    let [left, area] = Layout::horizontal([Constraint::Length(list), Constraint::Min(0)]).areas(area);
    if list > 0 {
        let current = diff.lines.get(top_line(model)).map_or(0, |line| line.file);
        files::draw(diff, current, theme, left, frame);
    }
    let pen = Pen { model, theme, diff };
    let height = usize::from(area.height);
    let lines: Vec<Line<'_>> = if has_sides(model) {
        let rows = diff.sides.iter().enumerate().skip(model.diff.top).take(height);
        rows.map(|(row, side)| pen.at_cursor(row, pen.side(*side, usize::from(area.width)))).collect()
    } else {
        let rows = (model.diff.top..diff.lines.len()).take(height);
        rows.map(|at| pen.at_cursor(at, pen.unified(at, usize::from(area.width)))).collect()
    };
    frame.render_widget(Paragraph::new(lines), area);
}

struct Pen<'a> {
    model: &'a Model,
    theme: &'a Theme,
    diff: &'a Difference,
}

impl Pen<'_> {
    /// Marks the number of the line that a reviewer is at, so that its colours stay.
    fn at_cursor(&self, row: usize, mut line: Line<'static>) -> Line<'static> {
        if self.model.diff.cursor == Some(row)
            && self.model.focus == Focus::Details
            && let Some(number) = line.spans.first_mut()
        {
            number.style = self.theme.style(Role::Selected);
        }
        line
    }

    fn unified(&self, at: usize, width: usize) -> Line<'static> {
        let line = &self.diff.lines[at];
        if line.old.is_none() && line.new.is_none() {
            return self.over_all(at, width);
        }
        let number = |n: Option<u32>| n.map_or_else(|| "    ".to_owned(), |n| format!("{n:>4}"));
        let gutter = match width >= 100 {
            true => format!("{} {} ", number(line.old), number(line.new)),
            false => format!("{} ", number(line.new.or(line.old))),
        };
        let mut spans = vec![Span::styled(gutter.clone(), self.theme.style(Role::Dim))];
        spans.extend(self.content(at, width.saturating_sub(gutter.len())));
        Line::from(spans)
    }

    fn side(&self, side: SideRow, width: usize) -> Line<'static> {
        let (old, new) = match side {
            SideRow::Both(at) => return self.over_all(at, width),
            SideRow::Pair(old, new) => (old, new),
        };
        let half = width.saturating_sub(1) / 2;
        let mut spans = self.half(old, |line| line.old, half);
        spans.push(Span::styled(self.model.glyphs.pick("│", "|"), self.theme.style(Role::Dim)));
        spans.extend(self.half(new, |line| line.new, half));
        Line::from(spans)
    }

    fn half(&self, at: Option<usize>, number: impl Fn(&DiffLine) -> Option<u32>, width: usize) -> Vec<Span<'static>> {
        let Some(at) = at else { return vec![Span::raw(" ".repeat(width))] };
        let number = number(&self.diff.lines[at]).map_or_else(|| "    ".to_owned(), |n| format!("{n:>4}"));
        let mut spans = vec![Span::styled(format!("{number} "), self.theme.style(Role::Dim))];
        spans.extend(self.content(at, width.saturating_sub(5)));
        spans
    }

    /// A line that belongs to neither side alone.
    fn over_all(&self, at: usize, width: usize) -> Line<'static> {
        let line = &self.diff.lines[at];
        match line.kind {
            LineKind::File => {
                let counts = self.diff.files.get(line.file).map_or_else(String::new, files::counts);
                let status = self.diff.files.get(line.file).map_or('M', |file| file.status);
                let dash = self.model.glyphs.pick("━", "=");
                let signs = self.diff.files.get(line.file).and_then(|file| file.signs.says());
                let signs = signs.map_or_else(String::new, |says| format!("{says} "));
                let heading = self.theme.style(Role::Heading);
                // What is hidden is told also where there is no room for the whole name.
                let left = width.saturating_sub(signs.width());
                let text = format!("{dash}{dash} {status} {}  {counts} ", line.text);
                let text = if text.width() > left { fit(&text, left) } else { text };
                let rest = dash.repeat(left.saturating_sub(text.width()));
                let hidden = Span::styled(fit(&signs, signs.width().min(width)), self.theme.style(Role::NeedsYou));
                Line::from(vec![Span::styled(text, heading), hidden, Span::styled(rest, heading)])
            }
            LineKind::Hunk => Line::styled(fit(&line.text, width), self.theme.style(Role::Hunk)),
            LineKind::Comment => {
                let text = format!("     {} {}", self.model.glyphs.pick("▌", "|"), line.text);
                Line::styled(fit(&text, width), self.theme.style(Role::NeedsYou))
            }
            _ => Line::styled(fit(&format!("     {}", line.text), width), self.theme.style(Role::Dim)),
        }
    }

    /// Draws a line's sign and text in exactly `width` columns, with what was searched for, the words that differ, and
    /// the language's colours.
    fn content(&self, at: usize, width: usize) -> Vec<Span<'static>> {
        let line = &self.diff.lines[at];
        let (sign, role, word) = match line.kind {
            LineKind::Added => ("+", Role::Added, Role::AddedWord),
            LineKind::Removed => ("-", Role::Removed, Role::RemovedWord),
            _ => (" ", Role::Text, Role::Text),
        };
        let plain = self.theme.style(role);
        let found = self.model.diff.search.as_deref().map_or_else(Vec::new, |wanted| places(&line.text, wanted));
        let empty = Vec::new();
        let bits = self.model.diff.colours.get(at).unwrap_or(&empty);
        let style = |byte: usize| -> Style {
            let mut style = plain;
            if let Some((_, role)) = bits.iter().find(|(range, _)| range.contains(&byte)) {
                style = style.patch(self.theme.style(*role));
            }
            if line.words.iter().any(|range| range.contains(&byte)) {
                style = style.patch(self.theme.style(word));
            }
            if found.iter().any(|(from, to)| (*from..*to).contains(&byte)) {
                style = style.patch(self.theme.style(Role::Match));
            }
            if let Some(sign) = line.signs.iter().find(|range| range.contains(&byte)) {
                let is_tab = line.text[sign.clone()].starts_with('→');
                style = style.patch(self.theme.style(if is_tab { Role::Dim } else { Role::HiddenSign }));
            }
            if self.model.diff.found == Some(at) {
                style = style.patch(self.theme.style(Role::Selected));
            }
            style
        };
        let mut spans = vec![Span::styled(sign, plain)];
        let room = width.saturating_sub(1);
        let (mut used, mut skip) = (0, self.model.diff.left);
        let (mut text, mut last) = (String::new(), plain);
        for (byte, c) in line.text.char_indices() {
            let wide = c.width().unwrap_or(0);
            if skip > 0 {
                skip = skip.saturating_sub(wide);
                continue;
            }
            if used + wide > room {
                // What is cut is said to be.
                if let Some(last) = text.pop() {
                    used -= last.width().unwrap_or(0);
                    text.push('…');
                    used += 1;
                }
                break;
            }
            let style = style(byte);
            if style != last {
                spans.push(Span::styled(std::mem::take(&mut text), last));
                last = style;
            }
            text.push(c);
            used += wide;
        }
        spans.push(Span::styled(text, last));
        // The bar of what was found goes to the end of its line.
        let bar = if self.model.diff.found == Some(at) { self.theme.style(Role::Selected) } else { Style::new() };
        spans.push(Span::styled(" ".repeat(room - used), bar));
        spans
    }
}
