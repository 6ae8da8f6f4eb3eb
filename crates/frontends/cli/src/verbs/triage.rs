//! `pilothouse triage`: which runs need a person, why, and what to type; plain text for any terminal.

use client::Places;
use domain::question::asked_last;
use domain::text;
use protocol::{Code, Reply, Request, Row, Scope};

use super::find::here;
use super::send;
use crate::args::LsArgs;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

pub(super) async fn triage(args: &LsArgs, all: bool, places: &Places) -> Result<Code, CliError> {
    let scope = if all || args.all { Scope::All } else { here()? };
    let mut connection = client::connect(places).await?;
    let Reply::Rows(mut rows) = connection.ask(Request::Rows(scope)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    rows.retain(|row| row.needs_you);
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&rows)?;
        return Ok(Code::Done);
    }
    if rows.is_empty() {
        out.line("no run needs you")?;
    }
    for row in rows.into_iter().map(|row| row.by_clock(when)) {
        let why = text::line(row.reason.as_deref().unwrap_or(&row.status));
        out.line(format!("{} {}: {why}", row.id, text::line(&row.name)))?;
        for part in row.question.iter().flat_map(send::in_full) {
            out.line(format!("    | {part}"))?;
        }
        for step in next_steps(&row) {
            out.line(format!("    pilothouse {step}"))?;
        }
    }
    Ok(Code::Done)
}

/// Returns what a person would type next, the likeliest first.
fn next_steps(row: &Row) -> Vec<String> {
    let id = &row.id;
    let with = |words: &[&str]| words.iter().map(|word| word.replace("RUN", id.as_str())).collect();
    if row.is_observed() {
        return with(&["show RUN", "explain RUN"]);
    }
    match row.status.as_str() {
        "waiting" if !row.is_answered_here() => with(&["attach RUN"]),
        "waiting" => send::ways(row).unwrap_or_default(),
        "ready" if row.said.as_deref().and_then(asked_last).is_some() => with(&["send RUN TEXT", "diff RUN", "rm RUN"]),
        "failed" if row.changes.is_some_and(|changes| changes.files == 0) => {
            with(&["logs RUN --stderr", "retry RUN", "rm RUN"])
        }
        "failed" => with(&["diff RUN", "retry RUN", "rm RUN"]),
        "lost" => with(&["retry RUN", "explain RUN", "rm RUN"]),
        "paused" => with(&["resume RUN", "terminate RUN"]),
        _ => with(&["explain RUN"]),
    }
}
