//! `pilothouse rm`: removes worktrees and branches of runs, everything in them kept in a snapshot.

use client::Places;
use domain::command::Command;
use domain::{figures, text};
use protocol::{Code, RemovableRow, Reply, Request};

use super::act::act;
use super::confirm::confirm;
use super::find::here;
use super::report::report;
use crate::args::RmArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) const DONE: &str = "worktree and branch removed; `pilothouse restore` brings them back";

pub(super) async fn rm(args: RmArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    if !args.yes {
        let request = Request::Removable { runs: args.runs.clone(), scope: here()? };
        let Reply::Removable(rows) = connection.ask(request).await? else {
            return Err(client::ClientError::Unexpected.into());
        };
        if !out.json {
            for row in &rows {
                tell(&mut out, row)?;
            }
        }
        if !confirm("Remove?", out.terminal)? {
            out.line("nothing was removed")?;
            return Ok(Code::Done);
        }
    }
    let acted = act(&mut connection, args.runs, Command::Rm).await?;
    report(&mut out, &acted, DONE)
}

/// Prints what a removal holds, keeps and loses.
fn tell(out: &mut Out, row: &RemovableRow) -> Result<(), CliError> {
    let name = row.name.as_ref().or(row.run.as_ref()).map_or_else(|| figures::UNKNOWN.to_owned(), |n| text::line(n));
    out.line(format!("{name}  {}", text::shown(&row.path)))?;
    out.line(format!("  holds  {}", text::shown(&row.why)))?;
    let bytes = row.bytes.map_or_else(|| figures::UNKNOWN.to_owned(), figures::bytes);
    out.line(format!("  keeps  all commits, the index and {bytes} of files in a snapshot"))?;
    let left: Vec<_> = row.left_out.iter().map(|path| text::shown(path)).collect();
    let left = if left.is_empty() { "nothing".to_owned() } else { left.join(", ") };
    out.line(format!("  loses  {left}"))?;
    Ok(())
}
