//! `pilothouse ls`: the runs, those that need you first.

use client::Places;
use domain::{Timestamp, figures, text};
use protocol::{Code, Reply, Request, Row, Scope};

use super::adopt;
use super::find::here;
use crate::args::LsArgs;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

pub(super) async fn ls(args: &LsArgs, all: bool, places: &Places) -> Result<Code, CliError> {
    let everywhere = args.all || all;
    let scope = if everywhere { Scope::All } else { here()? };
    let mut connection = client::connect(places).await?;
    let Reply::Rows(mut rows) = connection.ask(Request::Rows(scope)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let hidden = rows.len();
    rows.retain(|row| everywhere || !row.dismissed);
    let hidden = hidden - rows.len();
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&rows)?;
        return Ok(Code::Done);
    }
    let here = !(args.all || all);
    // A repository that was moved shows the runs that began since.
    let moved = if here { adopt::moved(&mut connection, std::env::current_dir()?).await? } else { Vec::new() };
    let moved = adopt::tell(&moved).inspect(|told| super::report::complain(told)).is_some();
    if rows.is_empty() && moved {
        return Ok(Code::Done);
    }
    if rows.is_empty() && hidden > 0 {
        super::report::complain(&format!("{hidden} runs are dismissed or removed; `pilothouse ls --all` lists them"));
        return Ok(Code::Done);
    }
    if rows.is_empty() {
        super::report::complain("no runs here yet; start one with `pilothouse run TASK`");
        return Ok(Code::Done);
    }
    let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
    let mut table: Vec<_> = rows.into_iter().map(|row| cells(row.by_clock(when), now)).collect();
    let mut heading = vec!["ID", "REPOSITORY", "NAME", "AGENT", "STATUS", "LAST", "TOK", "COST", "±LINES", "WHY"];
    // Those of one repository need not say which.
    if !everywhere {
        heading.remove(1);
        for cells in &mut table {
            cells.remove(1);
        }
    }
    out.table(&heading, &table)?;
    Ok(Code::Done)
}

fn cells(row: Row, now: Timestamp) -> Vec<String> {
    let unknown = || figures::UNKNOWN.to_owned();
    let why = row.reason.as_ref().or(row.activity.as_ref()).cloned().unwrap_or_default();
    let repository = row.repo.rsplit('/').next().unwrap_or(&row.repo);
    vec![
        row.id.to_string(),
        text::line(repository),
        text::line(&row.name),
        text::line(&row.agent_and_model()),
        if row.dismissed { format!("{}, dismissed", row.status) } else { row.status.clone() },
        figures::span_between(row.last_event_at, now),
        row.tokens_says(),
        row.cost_says(),
        row.changes.map_or_else(unknown, |c| figures::lines(c.added, c.removed)),
        text::line(&why),
    ]
}
