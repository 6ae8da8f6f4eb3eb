//! What is known of a run beside what it writes, each figure with the time it was measured.

use domain::figures::{self, UNKNOWN};
use domain::group::Group;
use protocol::Row;
use ratatui::text::{Line, Span};

use crate::cockpit::beneath;
use crate::commands;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::overlays::Asking;
use crate::screens::runs;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, wrapped};

/// How many facts there are at most.
pub(super) const COUNT: usize = 23;

/// Lines of what is asked that stand above them.
const ASKED: usize = 8;

/// The facts in lines of `width` columns; `bar` stands before each where they are beside something.
pub(super) fn lines(
    model: &Model,
    row: &Row,
    keymap: &Keymap,
    theme: &Theme,
    (width, beside): (u16, bool),
) -> Vec<Line<'static>> {
    let bar = if beside { model.glyphs.pick("│", "|") } else { "" };
    let dim = theme.style(Role::Dim);
    let room = usize::from(width).saturating_sub(bar.len().min(1) + 12);
    let answers = commands::answers(row, keymap, &beneath(model));
    let mut lines = waits(row, &answers, theme, bar, usize::from(width).saturating_sub(2));
    for (name, value) in facts(model, row) {
        let label = Span::styled(format!("{bar} {name:<9} "), dim);
        if matches!(name, "Task" | "Why" | "Outside") {
            let mut parts = wrapped(&value, room).into_iter();
            lines.push(Line::from(vec![label, Span::raw(parts.next().unwrap_or_default())]));
            lines.extend(
                parts
                    .take(5)
                    .map(|part| Line::from(vec![Span::styled(format!("{bar} {:<9} ", ""), dim), Span::raw(part)])),
            );
        } else {
            lines.push(Line::from(vec![label, Span::raw(fit(&value, room))]));
        }
    }
    lines
}

/// Words what the run's work conflicts with, and what was changed beside it.
fn conflicts(row: &Row) -> String {
    let in_main = row.in_main.as_ref().map(protocol::InMain::says);
    let conflicts = Some(row.conflicts_say()).filter(|_| in_main.is_none() || !row.conflicts.is_empty());
    let parts: Vec<String> = conflicts.into_iter().chain(in_main).map(|part| domain::text::line(&part)).collect();
    parts.join("; ")
}

/// Draws the run's question, in full, with the keys that answer it.
fn waits(row: &Row, answers: &[(String, &'static str)], theme: &Theme, bar: &str, room: usize) -> Vec<Line<'static>> {
    let Some(asking) = Asking::of(row) else { return Vec::new() };
    let dim = theme.style(Role::Dim);
    let mut lines = Vec::new();
    let parts: Vec<String> = asking.lines.iter().flat_map(|line| wrapped(line, room.saturating_sub(4))).collect();
    let left = parts.len().saturating_sub(ASKED);
    let more = (left > 0).then(|| format!("… {left} more lines; y shows them"));
    for part in parts.into_iter().take(ASKED).chain(more) {
        lines.push(Line::from(vec![
            Span::styled(format!("{bar}  "), dim),
            Span::styled(part, theme.style(Role::NeedsYou)),
        ]));
    }
    let mut spans = vec![Span::styled(format!("{bar}  "), dim)];
    if row.question.is_some() && !row.is_answered_here() {
        spans.push(Span::raw("answered in its own terminal"));
    }
    for (key, does) in answers.iter().filter(|_| row.question.is_none() || row.is_answered_here()) {
        spans.push(Span::styled(key.clone(), theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {does}  ")));
    }
    lines.push(Line::from(spans));
    lines.push(Line::styled(bar.to_owned(), dim));
    lines
}

/// Words the cost of a run, and in how many calls.
fn spend(row: &Row) -> String {
    let calls = row.calls.map_or_else(String::new, |n| {
        format!(" in {}", crate::widgets::count(usize::try_from(n).unwrap_or(usize::MAX), "call"))
    });
    let unpriced = row.tokens_unpriced.filter(|n| *n > 0 && row.cost_usd.is_none());
    let unpriced = unpriced.map_or_else(String::new, |n| format!(", {} tokens without a price", figures::count(n)));
    format!("{}{calls}{unpriced}", row.cost_says())
}

fn facts(model: &Model, row: &Row) -> Vec<(&'static str, String)> {
    let unknown = || UNKNOWN.to_owned();
    let none = || figures::NONE.to_owned();
    let at = |at: Option<domain::Timestamp>| at.map_or_else(String::new, |at| format!("  at {}", model.minute(at)));
    let changes = row.changes.map_or_else(unknown, |c| {
        let files = crate::widgets::count(usize::try_from(c.files).unwrap_or(usize::MAX), "file");
        format!("{files} {}{}", figures::lines(c.added, c.removed), at(row.changes_at))
    });
    let secrets = row.secrets_say().map_or_else(String::new, |says| format!("; {}", domain::text::line(&says)));
    let changes = format!("{changes}{secrets}");
    let memory = row.rss_bytes.map_or_else(String::new, |bytes| format!(", {} RSS", figures::bytes(bytes)));
    let process = match (row.pid, row.keeper.as_deref()) {
        (Some(pid), None) if row.is_observed() => format!("agent {pid}{memory}"),
        (Some(pid), keeper) => format!("agent {pid}{memory}, keeper {}", keeper.unwrap_or(UNKNOWN)),
        (None, Some(keeper)) => format!("keeper {keeper}"),
        (None, None) if row.group == Group::NeedsYou || row.is_settled() => "none".to_owned(),
        (None, None) => none(),
    };
    let tokens = row.tokens.map_or_else(unknown, |t| {
        let own = row.own_mark();
        let count = |n| figures::count(n);
        let cached = count(t.cache_read + t.cache_write);
        format!("{own}{} in, {cached} cached, {} out", count(t.input), count(t.output))
    });
    let disk = row.disk_bytes.map_or_else(unknown, |bytes| {
        let again = row.disk_rebuildable.filter(|again| *again > 0);
        let again = again.map_or_else(String::new, |again| format!(" ({} rebuildable)", figures::bytes(again)));
        format!("{}{again}{}", figures::bytes(bytes), at(row.disk_at))
    });
    let worktree = match &row.worktree {
        _ if row.removed => "removed; u brings it back".to_owned(),
        Some(path) => path.clone(),
        None => none(),
    };
    let usd = row.budget_usd.map(|cap| format!("{} of {}", row.cost_says(), figures::money(cap)));
    let tokens_cap = row.budget_tokens.map(|cap| format!("{} of {} tokens", row.tokens_says(), figures::count(cap)));
    let blind = row.budget_usd.is_some() && row.tokens_unpriced.is_some_and(|n| n > 0);
    let blind = blind.then(|| "can't act: no price".to_owned());
    let parts: Vec<String> = usd.into_iter().chain(tokens_cap).chain(blind).collect();
    let budget = if parts.is_empty() { none() } else { parts.join(", ") };
    let undo = match row.checkpoints.as_slice() {
        [] => none(),
        [only] => format!("checkpoint {}; b goes back to it", only.n),
        [first, .., last] => format!("checkpoints {}-{}; b goes back", first.n, last.n),
    };
    let phase = row.phase.as_ref().map_or_else(none, |phase| {
        let attempt = phase.attempt.map_or_else(String::new, |n| format!(", attempt {n}"));
        format!("{}/{} {}{attempt}", phase.index, phase.count, phase.name)
    });
    if row.is_observed() {
        let last = row.last_event_at.map_or_else(unknown, |last| at(Some(last)).trim().to_owned());
        return vec![
            ("Status", row.status.clone()),
            ("Why", runs::why(row)),
            ("Agent", row.agent_and_model()),
            ("Branch", row.branch.clone().unwrap_or_else(none)),
            ("Worktree", worktree),
            ("Process", process),
            ("Tokens", tokens),
            ("Last", last),
            ("Id", row.id.to_string()),
        ];
    }
    let mut facts = vec![
        ("Status", row.status.clone()),
        ("Why", runs::why(row)),
        ("Task", row.task.clone().unwrap_or_else(unknown)),
        ("Agent", format!("{} · policy {}", row.agent_and_model(), row.policy.as_deref().unwrap_or(UNKNOWN))),
        ("Phase", phase),
        ("Branch", row.branch.clone().unwrap_or_else(unknown)),
        ("Base", row.base.clone().unwrap_or_else(unknown)),
        ("Head", row.head.as_deref().map_or_else(unknown, |head| head.chars().take(12).collect())),
        ("PR", row.pr.as_ref().map_or_else(none, |pr| pr.says(row.head.as_deref()))),
        ("Worktree", worktree),
        ("Changes", changes),
        ("Conflicts", conflicts(row)),
        ("Disk", disk),
        ("Process", process),
        ("Tokens", tokens),
        ("Spend", spend(row)),
        ("Budget", budget),
        ("Undo", undo),
        ("Run", row.id.to_string()),
    ];
    if let Some(says) = row.escapes_say() {
        facts.insert(2, ("Outside", says));
    }
    facts
}
