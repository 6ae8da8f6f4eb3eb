//! `pilothouse gate`: whether a run may be merged, and every reason why not.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act_and_report;
use crate::args::OneArgs;
use crate::error::CliError;

pub(super) async fn gate(args: OneArgs, places: &Places) -> Result<Code, CliError> {
    act_and_report(places, vec![args.run], Command::Gate, args.json, "the gate is open").await
}
