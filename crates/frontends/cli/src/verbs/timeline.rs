//! `pilothouse timeline`: what happened in a run, event by event.

use client::Places;
use domain::describe::describe;
use domain::{Event, RunId};
use protocol::{Code, FromDaemon, Reply, Request, Scope};

use super::find::find_run;
use crate::args::TimelineArgs;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

pub(super) async fn timeline(args: &TimelineArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = find_run(&mut connection, &args.run).await?;
    let mut out = Out::stdout(args.json);
    let mut seen = 0;
    if !args.follow {
        rest(&mut connection, &row.id, &mut out, &mut seen, args.all).await?;
        return Ok(Code::Done);
    }
    let mut over = row.is_settled();
    connection.ask(Request::Watch(Scope::All)).await?;
    // What happens while the timeline is read waits, and is printed once.
    connection.ask(Request::Look { run: Some(row.id.clone()), last: 0 }).await?;
    rest(&mut connection, &row.id, &mut out, &mut seen, args.all).await?;
    while !over {
        match connection.next().await {
            Some(FromDaemon::Events { run, lines }) if run == row.id => print(&mut out, &lines, &mut seen, args.all)?,
            // A turn's rows come before its events, so the last events are asked for once more.
            Some(FromDaemon::Rows { rows }) => over = rows.iter().any(|new| new.id == row.id && new.is_settled()),
            Some(_) => {}
            None => return Err(client::ClientError::Gone.into()),
        }
    }
    rest(&mut connection, &row.id, &mut out, &mut seen, args.all).await?;
    Ok(Code::Done)
}

/// Prints what was not printed yet, piece by piece.
async fn rest(
    connection: &mut client::Connection,
    run: &RunId,
    out: &mut Out,
    seen: &mut u64,
    all: bool,
) -> Result<(), CliError> {
    loop {
        let from = *seen + 1;
        let Reply::Lines(lines) = connection.ask(Request::Events { run: run.clone(), from }).await? else {
            return Err(client::ClientError::Unexpected.into());
        };
        print(out, &lines, seen, all)?;
        // What can't be read has no number to go on from.
        if lines.is_empty() || *seen < from {
            return Ok(());
        }
    }
}

/// Prints lines that were not printed yet, as they are stored or as a person reads them: without pilothouse's own steps
/// unless `all` of them are asked for.
fn print(out: &mut Out, lines: &[String], seen: &mut u64, all: bool) -> Result<(), CliError> {
    for line in lines {
        let event = Event::from_line(line);
        if let Ok(event) = &event {
            if event.seq <= *seen {
                continue;
            }
            *seen = event.seq;
        }
        match event {
            _ if out.json => out.line(line)?,
            Ok(event) => {
                let said = describe(&event);
                if said.minor && !all {
                    continue;
                }
                out.line(format!("{}  {:<10} {}", when(event.at), said.word, said.told(when)).trim_end())?;
            }
            Err(error) => out.line(format!("--:--:--  unread     {error}"))?,
        }
    }
    Ok(())
}
