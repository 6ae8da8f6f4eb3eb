//! `pilothouse status`: the daemon, and how many runs need you.

use std::collections::BTreeMap;

use client::Places;
use domain::figures;
use domain::group::Group;
use protocol::{Code, Reply, Request, Row, Scope};

use crate::args::{StatusArgs, StatusFormat};
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn status(args: &StatusArgs, places: &Places) -> Result<Code, CliError> {
    if args.format == Some(StatusFormat::Tmux) {
        return bar(places).await;
    }
    let mut connection = client::connect(places).await?;
    let Reply::Status(daemon) = connection.ask(Request::Status).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let Reply::Rows(rows) = connection.ask(Request::Rows(Scope::All)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let groups = counted(&rows);
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&serde_json::json!({"groups": groups, "daemon": daemon}))?;
        return Ok(Code::Done);
    }
    let count = |group| groups.get(&group).copied().unwrap_or(0);
    out.line(format!(
        "{} need you, {} working, {} ready, {} finished{}",
        count(Group::NeedsYou),
        count(Group::Working),
        count(Group::Ready),
        count(Group::Finished),
        Some(count(Group::Observed)).filter(|n| *n > 0).map_or_else(String::new, |n| format!(", {n} observed"))
    ))?;
    out.line(super::daemon::line(&daemon))?;
    out.line(format!(
        "up {}, {} live, {} queued, {} at once at most, {}, memory {}",
        figures::span(daemon.uptime_ms),
        daemon.live,
        daemon.queued,
        daemon.limit,
        if daemon.faces == 1 { "1 face".to_owned() } else { format!("{} faces", daemon.faces) },
        daemon.rss_bytes.map_or_else(|| figures::UNKNOWN.to_owned(), figures::bytes)
    ))?;
    for note in &daemon.notes {
        out.line(domain::text::line(note))?;
    }
    Ok(Code::Done)
}

/// How many runs each group has.
fn counted(rows: &[Row]) -> BTreeMap<Group, usize> {
    let mut groups: BTreeMap<Group, usize> = Group::ALL.iter().map(|group| (*group, 0)).collect();
    for row in rows {
        *groups.entry(row.group).or_default() += 1;
    }
    groups
}

/// Prints a line for tmux, which asks for it every few seconds: where no daemon serves, none is started for it.
async fn bar(places: &Places) -> Result<Code, CliError> {
    let mut connection = match client::connect_running(places).await {
        Ok(connection) => connection,
        Err(client::ClientError::NotRunning(_)) => return Ok(Code::Done),
        Err(error) => return Err(error.into()),
    };
    let Reply::Rows(rows) = connection.ask(Request::Rows(Scope::All)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let groups = counted(&rows);
    let part = |group: Group, colour: &str, sign: &str| {
        let n = groups.get(&group).copied().filter(|n| *n > 0)?;
        Some(format!("#[fg={colour}]{sign}{n}#[default]"))
    };
    // Signs that every terminal has.
    let parts = [(Group::NeedsYou, "red", "!"), (Group::Working, "yellow", "*"), (Group::Ready, "green", "v")];
    let parts: Vec<String> = parts.into_iter().filter_map(|(group, colour, sign)| part(group, colour, sign)).collect();
    Out::stdout(false).line(parts.join(" "))?;
    Ok(Code::Done)
}
