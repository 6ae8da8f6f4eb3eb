//! `pilothouse review`: a person's verdict on a run's work.

use client::{Connection, Places};
use domain::command::Command;
use domain::event::Review;
use protocol::Code;

use super::act::act;
use super::notes;
use super::report::report;
use crate::args::ReviewArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn review(args: ReviewArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    let code = match args.changes {
        Some(text) => {
            let command = Command::Review { verdict: Review::Changes, text };
            let acted = act(&mut connection, vec![args.run.clone()], command).await?;
            report(&mut out, &acted, "its agent is told; `pilothouse timeline --follow` shows what becomes of it")?
        }
        None => approve(&mut connection, &args.run, &mut out).await?,
    };
    notes::print(&mut connection, &mut out, &args.run).await?;
    Ok(code)
}

/// Approves, and says what the gate says then: an approval may not be all that is asked for.
async fn approve(connection: &mut Connection, run: &str, out: &mut Out) -> Result<Code, CliError> {
    let command = Command::Review { verdict: Review::Approve, text: String::new() };
    let approved = act(connection, vec![run.to_owned()], command).await?;
    if out.json || approved.iter().any(|one| one.code != Code::Done) {
        return report(out, &approved, "approved");
    }
    let gate = act(connection, vec![run.to_owned()], Command::Gate).await?;
    let closed = gate.iter().find_map(|one| one.reason.as_deref());
    let done = closed.map_or_else(
        || "approved; `pilothouse merge` brings it into its base".to_owned(),
        |why| format!("approved; {}", domain::text::line(why)),
    );
    report(out, &approved, &done)
}
