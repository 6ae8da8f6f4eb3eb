//! `pilothouse adopt --moved`: takes over the runs of a repository that was moved on disk.

use std::path::PathBuf;

use client::{Connection, Places};
use domain::command::Command;
use domain::{figures, text};
use protocol::{Code, MovedRow, Reply, Request};

use super::act::act;
use super::confirm::confirm;
use super::report::report;
use crate::args::AdoptArgs;
use crate::error::CliError;
use crate::out::Out;

const DONE: &str = "taken over where its repository is now";

pub(super) async fn adopt(args: &AdoptArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let folder = std::env::current_dir()?;
    let rows = moved(&mut connection, folder.clone()).await?;
    let mut out = Out::stdout(args.json);
    let (may, not): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.why_not.is_none());
    if rows.is_empty() {
        let reason =
            "no run is known here that was made when this repository lay elsewhere; `pilothouse ls` lists its runs";
        return Err(CliError::new(Code::NotFound, reason));
    }
    if !out.json {
        let table: Vec<_> = rows.iter().map(cells).collect();
        out.table(&["RUN", "NAME", "WAS AT", "WORKTREE"], &table)?;
    }
    if may.is_empty() {
        let why = not.iter().find_map(|row| row.why_not.as_deref()).unwrap_or_default();
        return Err(CliError::new(Code::Refused, format!("nothing can be taken over: {}", text::line(why))));
    }
    if !args.yes && !confirm(&format!("Take over {} of them?", may.len()), out.terminal)? {
        out.line("nothing was taken over")?;
        return Ok(Code::Done);
    }
    let runs = may.iter().map(|row| row.run.to_string()).collect();
    let acted = act(&mut connection, runs, Command::Adopt { folder }).await?;
    report(&mut out, &acted, DONE)
}

/// The runs that are known in this folder's repository and were made when it lay elsewhere.
pub(super) async fn moved(connection: &mut Connection, folder: PathBuf) -> Result<Vec<MovedRow>, CliError> {
    match connection.ask(Request::Moved { folder }).await? {
        Reply::Moved(rows) => Ok(rows),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

fn cells(row: &MovedRow) -> Vec<String> {
    let why_not = || row.why_not.as_ref().map(|why| format!("stays: {why}"));
    let worktree = row.worktree.clone().or_else(why_not).unwrap_or_else(|| figures::UNKNOWN.to_owned());
    vec![row.run.to_string(), text::line(&row.name), text::line(&row.from), text::line(&worktree)]
}

/// Words a hint at runs of a moved repository, for where runs are listed.
pub(super) fn tell(rows: &[MovedRow]) -> Option<String> {
    let first = rows.iter().find(|row| row.why_not.is_none()).or_else(|| rows.first())?;
    let runs = if rows.len() == 1 { "1 run was".to_owned() } else { format!("{} runs were", rows.len()) };
    let next = match &first.why_not {
        None => "`pilothouse adopt --moved` takes them over".to_owned(),
        Some(why) => why.clone(),
    };
    Some(format!("{runs} made in this repository at {}; {}", text::line(&first.from), text::line(&next)))
}
