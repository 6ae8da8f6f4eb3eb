//! `pilothouse status`: the daemon, and how many runs need you.

use std::collections::BTreeMap;

use client::Places;
use domain::figures;
use domain::group::Group;
use protocol::{Code, Reply, Request, Scope};

use crate::args::JsonArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn status(args: &JsonArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let Reply::Status(daemon) = connection.ask(Request::Status).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let Reply::Rows(rows) = connection.ask(Request::Rows(Scope::All)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut groups: BTreeMap<Group, usize> = Group::ALL.iter().map(|group| (*group, 0)).collect();
    for row in &rows {
        *groups.entry(row.group).or_default() += 1;
    }
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&serde_json::json!({"groups": groups, "daemon": daemon}))?;
        return Ok(Code::Done);
    }
    let count = |group| groups.get(&group).copied().unwrap_or(0);
    out.line(format!(
        "{} need you, {} working, {} ready, {} finished",
        count(Group::NeedsYou),
        count(Group::Working),
        count(Group::Ready),
        count(Group::Finished)
    ))?;
    out.line(super::daemon::line(&daemon))?;
    out.line(format!(
        "up {}, {} live, {} queued, {} at once at most, {} faces, memory {}",
        figures::span(daemon.uptime_ms),
        daemon.live,
        daemon.queued,
        daemon.limit,
        daemon.faces,
        daemon.rss_bytes.map_or_else(|| figures::UNKNOWN.to_owned(), figures::bytes)
    ))?;
    for note in &daemon.notes {
        out.line(domain::text::line(note))?;
    }
    Ok(Code::Done)
}
