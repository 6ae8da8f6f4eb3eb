//! `pilothouse timeline`: what happened in a run, event by event.

use client::Places;
use domain::describe::describe;
use domain::{Event, RunId};
use protocol::{Code, FromDaemon, Reply, Request, Scope};

use super::find_run;
use crate::args::TimelineArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn timeline(args: &TimelineArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = find_run(&mut connection, &args.run).await?;
    let mut out = Out::stdout(args.json);
    let mut seen = 0;
    if !args.follow {
        rest(&mut connection, &row.id, &mut out, &mut seen).await?;
        return Ok(Code::Done);
    }
    let mut over = row.is_settled();
    connection.ask(Request::Watch(Scope::All)).await?;
    // What happens while the timeline is read waits, and is printed once.
    connection.ask(Request::Look { run: Some(row.id.clone()), last: 0 }).await?;
    rest(&mut connection, &row.id, &mut out, &mut seen).await?;
    while !over {
        match connection.next().await {
            Some(FromDaemon::Events { run, lines }) if run == row.id => print(&mut out, &lines, &mut seen)?,
            // A turn's rows come before its events, so the last events are asked for once more.
            Some(FromDaemon::Rows { rows }) => over = rows.iter().any(|new| new.id == row.id && new.is_settled()),
            Some(_) => {}
            None => return Err(client::ClientError::Gone.into()),
        }
    }
    rest(&mut connection, &row.id, &mut out, &mut seen).await?;
    Ok(Code::Done)
}

/// Prints what was not printed yet, piece by piece.
async fn rest(connection: &mut client::Connection, run: &RunId, out: &mut Out, seen: &mut u64) -> Result<(), CliError> {
    loop {
        let from = *seen + 1;
        let Reply::Lines(lines) = connection.ask(Request::Events { run: run.clone(), from }).await? else {
            return Err(client::ClientError::Unexpected.into());
        };
        print(out, &lines, seen)?;
        // What can't be read has no number to go on from.
        if lines.is_empty() || *seen < from {
            return Ok(());
        }
    }
}

/// Prints lines that were not printed yet, as they are stored or as a person reads them.
fn print(out: &mut Out, lines: &[String], seen: &mut u64) -> Result<(), CliError> {
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
                let (hour, minute, second) = event.at.time_of_day();
                let said = describe(&event);
                out.line(format!("{hour:02}:{minute:02}:{second:02}  {:<10} {}", said.word, said.line).trim_end())?;
            }
            Err(error) => out.line(format!("--:--:--  unread     {error}"))?,
        }
    }
    Ok(())
}
