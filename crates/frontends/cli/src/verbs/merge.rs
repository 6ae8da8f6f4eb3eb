//! `pilothouse merge`: a run's work into its base.

use client::Places;
use domain::command::Command;
use domain::gate::Method;
use protocol::Code;

use super::act_and_report;
use crate::args::MergeArgs;
use crate::error::CliError;

pub(super) async fn merge(args: MergeArgs, places: &Places) -> Result<Code, CliError> {
    let method = args.method.as_deref().and_then(Method::parse);
    let done = "merged into its base";
    act_and_report(places, vec![args.run], Command::Merge { method }, args.json, done).await
}
