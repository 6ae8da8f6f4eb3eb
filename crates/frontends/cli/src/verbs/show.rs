//! `pilothouse show`: one run with everything that is known of it.

use client::Places;
use domain::{figures, text};
use protocol::Code;

use super::find::find;
use super::{calls, check, send};
use crate::args::ShowArgs;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

pub(super) async fn show(args: &ShowArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = find(&mut connection, &args.run).await?;
    let mut out = Out::stdout(args.json);
    let calls = if row.is_observed() || row.calls.is_none() {
        None
    } else {
        Some(calls::load(&mut connection, &row, if args.calls { u64::MAX } else { calls::LAST }).await?)
    };
    if out.json && args.calls {
        out.value(&calls.map(|calls| calls.calls).unwrap_or_default())?;
        return Ok(Code::Done);
    }
    if out.json {
        out.value(&row)?;
        return Ok(Code::Done);
    }
    let row = row.by_clock(when);
    let unknown = || figures::UNKNOWN.to_owned();
    let time = |at: Option<domain::Timestamp>| at.map_or_else(unknown, when);
    let phase = row.phase.as_ref().map_or_else(unknown, |p| {
        let attempt = p.attempt.map_or_else(String::new, |n| format!(", attempt {n}"));
        format!("{}/{} {}{attempt}", p.index, p.count, p.name)
    });
    let tokens = row.tokens.map_or_else(unknown, |t| {
        format!(
            "{}{} ({} in, {} cache read, {} cache write, {} out; {})",
            row.own_mark(),
            t.total,
            t.input,
            t.cache_read,
            t.cache_write,
            t.output,
            calls::source(&row)
        )
    });
    let changes = row.changes.map_or_else(unknown, |c| {
        format!(
            "{} {} {}  at {}",
            c.files,
            if c.files == 1 { "file" } else { "files" },
            figures::lines(c.added, c.removed),
            time(row.changes_at)
        )
    });
    let disk = row.disk_bytes.map_or_else(unknown, |bytes| {
        let again = row.disk_rebuildable.map_or_else(unknown, figures::bytes);
        format!("{}, {again} of it can be built again  at {}", figures::bytes(bytes), time(row.disk_at))
    });
    let facts = [
        ("run", format!("{} {}", row.id, row.name)),
        ("status", row.status.clone()),
        ("why", row.reason.clone().or(row.activity.clone()).unwrap_or_else(|| figures::NONE.to_owned())),
        ("agent", row.agent_and_model()),
        ("phase", phase),
        ("policy", row.policy.clone().unwrap_or_else(unknown)),
        ("branch", row.branch.clone().unwrap_or_else(unknown)),
        ("base", row.base.clone().unwrap_or_else(unknown)),
        ("head", row.head.clone().unwrap_or_else(unknown)),
        (
            "worktree",
            if row.removed {
                "removed; `pilothouse restore` brings it back".to_owned()
            } else {
                row.worktree.clone().unwrap_or_else(unknown)
            },
        ),
        ("repository", row.repo.clone()),
        ("pr", row.pr.as_ref().map_or_else(|| figures::NONE.to_owned(), |pr| pr.says(row.head.as_deref()))),
        ("changes", changes),
        ("conflicts", row.conflicts_say()),
        ("disk", disk),
        ("tokens", tokens),
        ("cost", calls::cost(&row)),
        ("paid by", row.paid_by.clone().unwrap_or_else(unknown)),
        ("budget", calls::budget(&row)),
        ("time", row.times.map_or_else(unknown, |times| times.says())),
        ("process", row.pid.map_or_else(|| figures::NONE.to_owned(), |pid| pid.to_string())),
        ("created", time(row.created_at)),
        ("started", time(row.started_at)),
        ("ended", row.ended_at.map_or_else(|| figures::NONE.to_owned(), when)),
        ("last event", time(row.last_event_at)),
    ];
    // Of what was started by hand nothing else is known.
    let by_hand = ["run", "status", "why", "agent", "branch", "worktree", "repository", "tokens", "process", "started"];
    for (name, value) in facts.into_iter().filter(|(name, _)| !row.is_observed() || by_hand.contains(name)) {
        out.line(format!("{name:<11} {}", text::line(&value)))?;
    }
    if let Some(secrets) = row.secrets_say() {
        out.line(format!("{:<11} {}", "note", text::line(&secrets)))?;
    }
    if let Some(wrote) = row.escapes_say() {
        out.line(format!("{:<11} {}", "note", text::line(&wrote)))?;
    }
    if let Some(in_main) = &row.in_main {
        out.line(format!("{:<11} {}  at {}", "note", text::line(&in_main.says()), when(in_main.at)))?;
    }
    for part in row.said.iter().flat_map(|said| text::block(said).lines().map(str::to_owned).collect::<Vec<_>>()) {
        out.line(format!("{:<11} {part}", "said last"))?;
    }
    check::print(&mut out, &row)?;
    for checkpoint in &row.checkpoints {
        let (n, at) = (checkpoint.n, when(checkpoint.at));
        out.line(format!("{:<11} {n}  {at}  {}", "checkpoint", text::line(&checkpoint.why)))?;
    }
    if let Some(frozen) = &row.frozen {
        out.line(format!("{:<11} {} of {} processes, by {}", "frozen", frozen.n, frozen.of, frozen.by))?;
    }
    if row.question.is_some() && !row.is_answered_here() {
        out.line(format!("{:<11} pilothouse attach {}", "answer", row.id))?;
    }
    if let Some(question) = row.question.as_ref().filter(|_| row.is_answered_here()) {
        for part in send::in_full(question) {
            out.line(format!("{:<11} {part}", "asks"))?;
        }
        for way in send::ways(&row).into_iter().flatten() {
            out.line(format!("{:<11} pilothouse {way}", "answer"))?;
        }
        out.line(format!("{:<11} {}", "choices", text::line(&send::choices(question))))?;
    }
    if let Some(calls) = calls {
        calls::print(&mut out, &calls)?;
    }
    Ok(Code::Done)
}
