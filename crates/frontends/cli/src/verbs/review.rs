//! `pilothouse review`: a person's verdict on a run's work.

use client::Places;
use domain::command::Command;
use domain::event::Review;
use protocol::Code;

use super::act_and_report;
use crate::args::ReviewArgs;
use crate::error::CliError;

pub(super) async fn review(args: ReviewArgs, places: &Places) -> Result<Code, CliError> {
    let (verdict, done) = match args.changes {
        Some(_) => (Review::Changes, "its agent is told; `pilothouse timeline --follow` shows what becomes of it"),
        None => (Review::Approve, "approved; `pilothouse merge` brings it into its base"),
    };
    let command = Command::Review { verdict, text: args.changes.unwrap_or_default() };
    act_and_report(places, vec![args.run], command, args.json, done).await
}
