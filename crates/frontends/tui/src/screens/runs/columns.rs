//! The columns of the table, by width; every figure fits its column.

use domain::figures::{self, NONE, UNKNOWN};
use domain::group::Group;
use protocol::Row;
use unicode_width::UnicodeWidthStr;

use super::reasons;
use super::why::why;
use super::widths::WIDE;
use crate::model::{Model, Sort};
use crate::widgets::{fit, fit_ends, fit_right};

/// From this width on a wide table has room for the agent's model.
const WIDER: u16 = 136;
/// Columns of a wide table beside the name, the agent and the reason.
const FIGURES: u16 = 78;
/// Columns of a narrow table beside the name.
const NARROW: u16 = 66;

/// The titles of a narrow table after the name, as wide as their columns, and the columns that each needs at least.
const NARROW_COLUMNS: [(&str, usize); 8] = [
    ("AGENT    ", 9),
    ("PHASE     ", 10),
    ("LAST", 4),
    ("  TOK", 5),
    (" COST", 5),
    (" DISK", 5),
    ("   ±LINES", 9),
    ("PR", 2),
];

/// Columns for the agent.
fn agent_width(width: u16) -> u16 {
    if width >= WIDER { 17 } else { 9 }
}

/// Columns for the name, which is the longest that a row has: all that a narrow table has left, half of it where the reason
/// has its column.
fn name_width(width: u16) -> u16 {
    match width {
        WIDE.. => (width.saturating_sub(FIGURES + agent_width(width)) / 2).clamp(14, 30),
        _ => width.saturating_sub(NARROW).clamp(14, 40),
    }
}

/// Columns for the reason in a wide table.
pub(super) fn why_width(width: u16) -> usize {
    usize::from(width.saturating_sub(name_width(width) + agent_width(width) + FIGURES))
}

/// The line of column names; the one that rows are sorted by stands in brackets.
pub(super) fn heading(model: &Model) -> String {
    let names = heading_names(model.size.0);
    let sorted = match model.sort {
        Sort::Attention => return names,
        Sort::Name => "NAME",
        Sort::Last => "LAST",
        Sort::Tokens => "TOK",
        Sort::Disk => "DISK",
        Sort::Changes => "±LINES",
    };
    // Columns keep their places: the sign takes a blank.
    names.replacen(&format!(" {sorted}"), &format!("^{sorted}"), 1)
}

fn heading_names(width: u16) -> String {
    let name = fit("NAME", name_width(width).into());
    if width >= WIDE {
        let agent = if width >= WIDER { "AGENT:MODEL" } else { "AGENT" };
        let agent = fit(agent, agent_width(width).into());
        let figures = "PHASE       LAST TIME   TOK   COST/CAP  DISK    ±LINES  CPU PR·SCORE      NOW / WHY";
        fit(&format!("   {name} {agent} {figures}"), width.into())
    } else {
        let columns = NARROW_COLUMNS.map(|(title, _)| title.to_owned());
        fit(&format!("   {}", whole_columns(&name, &columns, width)), width.into())
    }
}

/// Joins the name and the columns that a narrow table has room for: a figure that is cut would be another one.
fn whole_columns(name: &str, columns: &[String; NARROW_COLUMNS.len()], width: u16) -> String {
    let mut text = name.to_owned();
    let mut used = 3 + name.width();
    for (column, (_, least)) in columns.iter().zip(NARROW_COLUMNS) {
        used += 1 + least;
        if used > usize::from(width) {
            break;
        }
        text.push(' ');
        text.push_str(column);
    }
    text
}

/// Returns the line of a run without its cursor and glyph.
pub(super) fn cells(model: &Model, row: &Row, width: u16) -> String {
    let name = fit_ends(&name(model, row), name_width(width).into());
    let last = fit_right(&figures::span_between(row.last_event_at, model.now), 4);
    let tokens = fit_right(&row.tokens_says(), 5);
    let disk =
        if row.removed { "gone".to_owned() } else { row.disk_bytes.map_or_else(|| UNKNOWN.to_owned(), figures::bytes) };
    let disk = fit_right(&disk, 5);
    let lines = fit_right(&row.changes.map_or_else(|| UNKNOWN.to_owned(), |c| figures::lines(c.added, c.removed)), 9);
    let pr = row.pr.as_ref().map_or_else(|| NONE.to_owned(), protocol::PullRequest::sign);
    if width < WIDE {
        let agent = fit(&row.agent, 9);
        let cost = fit_right(&row.cost_says_within(5), 5);
        let columns = [agent, fit(&phase(row), 10), last, tokens, cost, disk, lines, pr];
        return fit(&whole_columns(&name, &columns, width), usize::from(width).saturating_sub(3));
    }
    let end = row.ended_at.unwrap_or(model.now);
    let time = fit_right(&figures::span_between(row.started_at, end), 4);
    // What has ended uses none, which is known.
    let none = if row.is_settled() { "" } else { UNKNOWN };
    let cpu = fit_right(&row.cpu.map_or_else(|| none.to_owned(), |cpu| format!("{:.0}%", cpu * 100.0)), 4);
    let score = row.score.map_or_else(String::new, |score| format!(" {score:.2}"));
    let agent = if width >= WIDER { row.agent_and_model() } else { row.agent.clone() };
    let text = format!(
        "{name} {} {} {last} {time} {tokens} {} {disk} {lines} {cpu} {} {}",
        fit(&agent, agent_width(width).into()),
        fit(&phase(row), 11),
        fit_right(&cost_and_cap(row), 10),
        fit(&format!("{pr}{score}"), 13),
        if reasons::has_line(row, width) { String::new() } else { why(row) },
    );
    fit(&text, usize::from(width).saturating_sub(3))
}

/// The name, with its repository where several are shown together.
fn name(model: &Model, row: &Row) -> String {
    match row.repo.rsplit('/').next().filter(|_| model.all && !model.by_repository) {
        Some(repo) => format!("{repo}/{}", row.name),
        None => row.name.clone(),
    }
}

fn phase(row: &Row) -> String {
    if let Some(stands) = stands(row).filter(|_| row.status == "ready") {
        return stands.to_owned();
    }
    match &row.phase {
        Some(phase) if row.status == "ready" || row.group == Group::Finished => {
            format!("{}/{}", phase.index, phase.count)
        }
        Some(phase) => format!("{}/{} {}", phase.index, phase.count, phase.name),
        None => NONE.to_owned(),
    }
}

/// How far work that is done has come on its way into the base; `None` before there is a proof of it.
fn stands(row: &Row) -> Option<&'static str> {
    let proof = row.proof.as_ref().filter(|_| row.group != Group::Finished)?;
    Some(match (row.gate.as_deref(), proof.review.as_deref()) {
        (Some("open"), _) => "gate open",
        (_, Some("approve")) => "approved",
        _ => "to review",
    })
}

fn cost_and_cap(row: &Row) -> String {
    let cost = row.cost_says();
    match (row.budget_usd, row.budget_tokens) {
        (Some(cap), _) if cap.fract() == 0.0 => format!("{cost}/{cap:.0}"),
        (Some(cap), _) => format!("{cost}/{cap:.2}"),
        (None, Some(cap)) => format!("{cost}/{}", figures::count(cap)),
        (None, None) => cost,
    }
}
