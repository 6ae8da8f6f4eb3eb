//! `pilothouse rollback`: back to a checkpoint, the present kept as another one.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act_and_report;
use crate::args::RollbackArgs;
use crate::error::CliError;

pub(super) async fn rollback(args: RollbackArgs, places: &Places) -> Result<Code, CliError> {
    let to = args.checkpoint;
    let done = format!("is at checkpoint {to} again; what was there before is a checkpoint of its own");
    act_and_report(places, vec![args.run], Command::Rollback { to }, args.json, &done).await
}
