//! `pilothouse pause`: makes every process of runs stand still, and says how many and by which means.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act_with;
use super::by_hand::{ByHandConsent, confirm_by_hand};
use super::find::find;
use super::report::report;
use crate::args::HoldArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn pause(args: HoldArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    let said = confirm_by_hand(&mut connection, &args.runs, "Pause", args.yes, &mut out).await?;
    if said == ByHandConsent::No {
        return Ok(Code::Done);
    }
    let mut acted = act_with(&mut connection, args.runs, Command::Pause, said).await?;
    for one in acted.iter_mut().filter(|one| one.code == Code::Done) {
        // What has ended since is told by the next list.
        let Some(frozen) = find(&mut connection, &one.run).await.ok().and_then(|row| row.frozen) else { continue };
        let count = format!("{} of {} processes stand still, by {}", frozen.n, frozen.of, frozen.by);
        if frozen.n < frozen.of {
            // Said as a failure: what still runs may go on spending.
            one.code = Code::Failed;
            one.reason = Some(format!("paused in part only: {count}; terminate it, or look at it with explain"));
        } else if !out.json {
            let name = one.name.as_ref().unwrap_or(&one.run);
            out.line(format!("{}: paused, {count}", domain::text::line(name)))?;
        }
    }
    let said = |one: &protocol::Acted| out.json || one.code != Code::Done;
    let rest: Vec<_> = acted.iter().filter(|one| said(one)).cloned().collect();
    report(&mut out, &rest, "paused")
}
