//! `pilothouse resume`: lets paused runs go on.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act_and_report;
use crate::args::ManyArgs;
use crate::error::CliError;

pub(super) async fn resume(args: ManyArgs, places: &Places) -> Result<Code, CliError> {
    act_and_report(places, args.runs, Command::Resume, args.json, "goes on").await
}
