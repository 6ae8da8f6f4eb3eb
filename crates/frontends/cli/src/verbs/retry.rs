//! `pilothouse retry`: another attempt at a phase.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act_and_report;
use crate::args::RetryArgs;
use crate::error::CliError;

pub(super) async fn retry(args: RetryArgs, places: &Places) -> Result<Code, CliError> {
    let resume = match (args.resume, args.fresh) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let command = Command::Retry { phase: args.phase, resume };
    act_and_report(places, vec![args.run], command, args.json, "queued to be tried again").await
}
