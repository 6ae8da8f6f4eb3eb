//! The selected run's tabs, and on wide screens its facts beside them.

use domain::figures::{self, UNKNOWN};
use protocol::Row;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::columns::{self, WIDE};
use crate::model::{Model, Tab};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, rule};

pub(super) fn draw(model: &Model, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(row) = model.selected() else { return };
    if area.height < 2 {
        return;
    }
    let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(title_line(model, row, theme, title.width), title);
    let facts_width = if area.width >= WIDE { area.width * 2 / 5 } else { 0 };
    let [left, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(facts_width)]).areas(body);
    let lines = match model.tab {
        Tab::Timeline => timeline(model, theme, left),
        Tab::Output => output(model, theme, left),
    };
    frame.render_widget(Paragraph::new(lines), left);
    if facts_width > 0 {
        frame.render_widget(Paragraph::new(facts(model, row, theme, right)), right);
    }
}

fn title_line(model: &Model, row: &Row, theme: Theme, width: u16) -> Line<'static> {
    let tabs: Vec<String> = Tab::ALL
        .iter()
        .map(|tab| if *tab == model.tab { format!("[{}]", tab.title()) } else { tab.title().to_owned() })
        .collect();
    let dash = model.glyphs.pick("─", "-");
    let title = format!("{dash} {} · {}", domain::text::line(&row.name), tabs.join(" "));
    rule(&title, width, theme.style(Role::Heading), theme.style(Role::Dim), model.glyphs)
}

/// The newest event on top.
fn timeline(model: &Model, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let newest_first = model.timeline.iter().rev().skip(model.scroll);
    let width = usize::from(area.width).saturating_sub(22);
    newest_first
        .take(area.height.into())
        .map(|line| {
            let (hour, minute, second) = model.local(line.at);
            let role = match line.said.word {
                "asks" | "limited" | "failed" | "lost" | "gave up" | "error" | "could not" => Role::NeedsYou,
                "ready" | "result" => Role::Ready,
                _ => Role::Text,
            };
            Line::from(vec![
                Span::styled(format!(" {hour:02}:{minute:02}:{second:02}  "), theme.style(Role::Dim)),
                Span::styled(fit(line.said.word, 10), theme.style(role)),
                Span::raw(" "),
                Span::raw(fit(&line.said.line, width)),
            ])
        })
        .collect()
}

/// The newest line at the bottom, as in a terminal.
fn output(model: &Model, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let lines = &model.output.lines;
    if lines.is_empty() {
        let text = if model.output.asked || model.output.next.is_none() { " …" } else { " nothing was written yet" };
        return vec![Line::styled(text, theme.style(Role::Dim))];
    }
    let height = usize::from(area.height);
    let end = lines.len().saturating_sub(model.scroll).max(1);
    let start = end.saturating_sub(height);
    let width = usize::from(area.width).saturating_sub(1);
    lines.range(start..end).map(|line| Line::from(format!(" {}", fit(line, width)))).collect()
}

fn facts(model: &Model, row: &Row, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let unknown = || UNKNOWN.to_owned();
    let at = |at: Option<domain::Timestamp>| {
        at.map_or_else(String::new, |at| {
            let (hour, minute, _) = model.local(at);
            format!("  at {hour:02}:{minute:02}")
        })
    };
    let changes = row.changes.map_or_else(unknown, |c| {
        let files = if c.files == 1 { "1 file".to_owned() } else { format!("{} files", c.files) };
        format!("{files} {}{}", figures::lines(c.added, c.removed), at(row.changes_at))
    });
    let process = match (row.pid, row.keeper.as_deref()) {
        (Some(pid), keeper) => format!("agent {pid}, keeper {}", keeper.unwrap_or(UNKNOWN)),
        (None, _) => "none".to_owned(),
    };
    let tokens = row.tokens.map_or_else(unknown, |t| {
        format!(
            "~{} in, ~{} cached, ~{} out",
            figures::count(t.input),
            figures::count(t.cache_read + t.cache_write),
            figures::count(t.output)
        )
    });
    let facts = [
        ("Status", row.status.clone()),
        ("Why", columns::why(row)),
        ("Branch", row.branch.clone()),
        ("Base", row.base.clone()),
        ("Head", row.head.as_deref().map_or_else(unknown, |head| head.chars().take(12).collect())),
        (
            "Worktree",
            match &row.worktree {
                _ if row.removed => "removed; u restores it".to_owned(),
                Some(path) => path.clone(),
                None => unknown(),
            },
        ),
        ("Changes", changes),
        (
            "Disk",
            row.disk_bytes.map_or_else(unknown, |bytes| {
                let again = row.disk_rebuildable.filter(|again| *again > 0);
                let again = again.map_or_else(String::new, |again| format!(" ({} rebuildable)", figures::bytes(again)));
                format!("{}{again}{}", figures::bytes(bytes), at(row.disk_at))
            }),
        ),
        ("Process", process),
        ("Tokens", tokens),
        ("Spend", row.cost_usd.map_or_else(unknown, figures::money)),
        (
            "Undo",
            match row.checkpoints.as_slice() {
                [] => figures::NONE.to_owned(),
                [only] => format!("checkpoint {}", only.n),
                [first, .., last] => format!("checkpoints {}-{}", first.n, last.n),
            },
        ),
        ("Run", row.id.to_string()),
    ];
    let bar = model.glyphs.pick("│", "|");
    let width = usize::from(area.width).saturating_sub(12);
    facts
        .iter()
        .map(|(name, value)| {
            Line::from(vec![
                Span::styled(format!("{bar} {name:<9} "), theme.style(Role::Dim)),
                Span::raw(fit(value, width)),
            ])
        })
        .collect()
}
