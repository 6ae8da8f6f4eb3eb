//! `pilothouse gc --checkpoints`: which checkpoints of runs may go and why, which not and why not; and lets the first go.

use client::Places;
use domain::command::Command;
use domain::{figures, text};
use protocol::{Code, KeptReply, KeptRow, Reply, Request};

use super::act::act;
use super::confirm::confirm;
use super::report::report;
use crate::args::GcArgs;
use crate::error::CliError;
use crate::out::Out;

const DONE: &str = "its checkpoints are gone";

pub(super) async fn gc(args: &GcArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let request = Request::Kept { folder: std::env::current_dir()? };
    let Reply::Kept(kept) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    let may_go: Vec<String> = kept.runs.iter().filter(|row| row.may_go).map(|row| row.run.clone()).collect();
    if args.dry_run || may_go.is_empty() {
        list(&mut out, &kept)?;
        return Ok(Code::Done);
    }
    if !out.json {
        list(&mut out, &kept)?;
    }
    if !args.yes && !confirm(&format!("Drop the checkpoints of {}?", may_go.len()), out.terminal)? {
        out.line("nothing was dropped")?;
        return Ok(Code::Done);
    }
    let acted = act(&mut connection, may_go, Command::DropCheckpoints).await?;
    report(&mut out, &acted, DONE)
}

fn list(out: &mut Out, kept: &KeptReply) -> Result<(), CliError> {
    if out.json {
        return Ok(out.value(kept)?);
    }
    let cells = |row: &KeptRow| {
        let name = row.name.as_ref().map_or_else(|| figures::UNKNOWN.to_owned(), |name| text::line(name));
        let verdict = if row.may_go { "may go" } else { "stays" };
        vec![verdict.to_owned(), text::line(&row.run), name, row.checkpoints.to_string(), text::line(&row.why)]
    };
    let rows: Vec<_> = kept.runs.iter().map(cells).collect();
    out.table(&["", "RUN", "NAME", "CHECKPOINTS", "WHY"], &rows)?;
    let bytes = kept.bytes.map_or_else(|| figures::UNKNOWN.to_owned(), figures::bytes);
    Ok(out.line(format!("what may go takes {bytes}, which `git gc` gives back once it is two weeks old"))?)
}
