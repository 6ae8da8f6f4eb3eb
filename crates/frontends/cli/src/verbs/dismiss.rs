//! `pilothouse dismiss`: puts runs that are over out of sight.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act_and_report;
use crate::args::ManyArgs;
use crate::error::CliError;

pub(super) async fn dismiss(args: ManyArgs, places: &Places) -> Result<Code, CliError> {
    act_and_report(places, args.runs, Command::Dismiss, args.json, "dismissed; `pilothouse ls --all` still lists it")
        .await
}
