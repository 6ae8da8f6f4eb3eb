//! `pilothouse terminate`: ends runs and says so when nothing of them lives.

use client::Places;
use domain::command::Command;
use protocol::{Acted, Code, FromDaemon, Reply, Request, Row, Scope};

use super::act::{act_with, take_up};
use super::by_hand::{ByHandConsent, confirm_by_hand};
use super::report::report;
use crate::args::TerminateArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn terminate(args: TerminateArgs, places: &Places) -> Result<Code, CliError> {
    let grace_ms = u64::try_from(args.grace.as_millis()).unwrap_or(u64::MAX);
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    let said = confirm_by_hand(&mut connection, &args.runs, "Terminate", args.yes, &mut out).await?;
    if said == ByHandConsent::No {
        return Ok(Code::Done);
    }
    let Reply::Rows(mut rows) = connection.ask(Request::Watch(Scope::All)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    // What was started by hand is gone when the daemon answers.
    rows.retain(|row| !row.is_observed());
    let mut acted = act_with(&mut connection, args.runs, Command::Terminate { grace_ms }, said).await?;
    while acted.iter().any(|one| one.code == Code::Done && lives(one, &rows)) {
        match connection.next().await {
            Some(FromDaemon::Rows { rows: changed }) => take_up(&mut rows, changed),
            Some(_) => {}
            None => return Err(client::ClientError::Gone.into()),
        }
    }
    for one in &mut acted {
        let row = rows.iter().find(|row| row.id.as_str() == one.run);
        // It may have come to its own end in the meantime.
        if let Some(row) = row.filter(|row| one.code == Code::Done && row.status != "terminated") {
            one.reason = Some(format!("it ended by itself before: {}", row.status));
        }
        // Of some it can't be said that nothing of them lives.
        let untold = row.and_then(|row| row.reason.clone()).filter(|reason| domain::untold::says_untold(reason));
        if let Some(untold) = untold.filter(|_| one.code == Code::Done) {
            one.reason = Some(untold);
        }
    }
    report(&mut out, &acted, "terminated, nothing of it lives; worktree and branch are kept")
}

fn lives(one: &Acted, rows: &[Row]) -> bool {
    rows.iter().find(|row| row.id.as_str() == one.run).is_some_and(|row| !row.is_settled())
}
