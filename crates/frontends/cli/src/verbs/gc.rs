//! `pilothouse gc`: which worktrees may go and why, which not and why not; and lets the first go.

use client::Places;
use domain::command::Command;
use domain::{figures, text};
use protocol::{Code, RemovableRow, Reply, Request};

use super::act::act;
use super::confirm::confirm;
use super::find::find;
use super::report::report;
use super::{kept, rm};
use crate::args::GcArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn gc(args: &GcArgs, places: &Places) -> Result<Code, CliError> {
    if args.checkpoints {
        return kept::gc(args, places).await;
    }
    let mut connection = client::connect(places).await?;
    let request = Request::Gc { folder: std::env::current_dir()? };
    let Reply::Removable(rows) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    let may_go: Vec<String> = rows.iter().filter(|row| row.may_go).filter_map(|row| row.run.clone()).collect();
    if args.dry_run || may_go.is_empty() {
        list(&mut out, &rows)?;
        return Ok(Code::Done);
    }
    if !out.json {
        list(&mut out, &rows)?;
    }
    if !args.yes && !confirm(&format!("Remove the {} that may go?", may_go.len()), out.terminal)? {
        out.line("nothing was removed")?;
        return Ok(Code::Done);
    }
    let mut acted = act(&mut connection, may_go, Command::Rm).await?;
    for one in acted.iter_mut().filter(|one| one.code != Code::Done) {
        // Whoever removed it meanwhile did what was asked for.
        if find(&mut connection, &one.run).await.is_ok_and(|row| row.removed) {
            (one.code, one.reason, one.note) = (Code::Done, None, Some("it was removed by another command".to_owned()));
        }
    }
    report(&mut out, &acted, rm::DONE)
}

fn list(out: &mut Out, rows: &[RemovableRow]) -> Result<(), CliError> {
    if out.json {
        return Ok(out.value(&rows)?);
    }
    let cells = |row: &RemovableRow| {
        let name = row.name.as_ref().map_or_else(|| figures::NONE.to_owned(), |name| text::line(name));
        let verdict = if row.may_go { "may go" } else { "stays" };
        vec![verdict.to_owned(), name, text::line(&row.path), text::line(&row.why)]
    };
    let rows: Vec<_> = rows.iter().map(cells).collect();
    if rows.is_empty() {
        return Ok(out.line("there is no worktree here beside the main one")?);
    }
    Ok(out.table(&["", "RUN", "WORKTREE", "WHY"], &rows)?)
}
