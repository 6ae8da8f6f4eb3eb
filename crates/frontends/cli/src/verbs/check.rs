//! `pilothouse check`: a run's checks once more, on its worktree as it is.

use client::Places;
use domain::command::Command;
use domain::{figures, text};
use protocol::{CheckRow, Code, Row};

use super::act::act;
use super::find::find_run;
use super::report::report;
use super::run;
use crate::args::CheckArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn check(args: CheckArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = find_run(&mut connection, &args.run).await?;
    let mut out = Out::stdout(args.json);
    let acted = act(&mut connection, vec![row.id.to_string()], Command::Check { names: args.only.clone() }).await?;
    if acted.iter().any(|one| one.code != Code::Done) {
        return report(&mut out, &acted, "");
    }
    let (rows, asks) = run::wait(places, connection, vec![row], out.terminal).await?;
    if let Some(asks) = asks {
        return Err(asks);
    }
    let Some(row) = rows.into_iter().next() else { return Ok(Code::Failed) };
    let meant = |check: &&CheckRow| args.only.is_empty() || args.only.contains(&check.name);
    if out.json {
        out.value(&row.checks)?;
    } else {
        print(&mut out, &row)?;
    }
    let passed =
        row.checks.iter().filter(meant).all(|check| !check.required || check.verdict.as_deref() == Some("pass"));
    Ok(if passed { Code::Done } else { Code::Failed })
}

/// Prints a line for each check of a run, and one for each test that failed.
pub(super) fn print(out: &mut Out, row: &Row) -> Result<(), CliError> {
    for check in &row.checks {
        let says = match (&check.verdict, check.running) {
            (_, true) => "runs".to_owned(),
            (None, false) => "never run".to_owned(),
            (Some(verdict), false) => verdict.clone(),
        };
        let tests = check.tests.map(|tests| format!("{tests} tests"));
        let took = check.duration_ms.map(figures::seconds);
        let optional = (!check.required).then(|| "not required".to_owned());
        let reason = check.reason.as_deref().map(text::line);
        // A check of another commit says nothing of this one.
        let stale = check.head.is_some() && check.head != row.head;
        let stale = stale.then(|| format!("of {}, not of the present commit", short(check.head.as_deref())));
        let uncommitted = check.uncommitted.then(|| "with changes that nothing has committed".to_owned());
        let parts = [reason, tests, took, optional, stale, uncommitted];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        out.line(format!("{:<11} {} {says}  {}", "check", text::line(&check.name), parts.join(", ")))?;
        for failed in &check.failed {
            out.line(format!("{:<11}   failed: {}", "", text::line(failed)))?;
        }
        if check.verdict.as_deref().is_some_and(|verdict| verdict != "pass") {
            out.line(format!("{:<11}   pilothouse logs {} --attempt check.{}.{}", "", row.name, check.name, check.n))?;
        }
    }
    Ok(())
}

fn short(commit: Option<&str>) -> String {
    commit.unwrap_or_default().chars().take(7).collect()
}
