//! `pilothouse review`: a person's verdict on a run's work.

use client::Places;
use domain::command::Command;
use domain::event::Review;
use protocol::Code;

use super::{act, notes, report};
use crate::args::ReviewArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn review(args: ReviewArgs, places: &Places) -> Result<Code, CliError> {
    let (verdict, done) = match args.changes {
        Some(_) => (Review::Changes, "its agent is told; `pilothouse timeline --follow` shows what becomes of it"),
        None => (Review::Approve, "approved; `pilothouse merge` brings it into its base"),
    };
    let command = Command::Review { verdict, text: args.changes.unwrap_or_default() };
    let mut connection = client::connect(places).await?;
    let acted = act(&mut connection, vec![args.run.clone()], command).await?;
    let mut out = Out::stdout(args.json);
    let code = report(&mut out, &acted, done)?;
    notes::print(&mut connection, &mut out, &args.run).await?;
    Ok(code)
}
