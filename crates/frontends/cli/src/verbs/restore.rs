//! `pilothouse restore`: brings removed worktrees and their branches back.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act_and_report;
use crate::args::ManyArgs;
use crate::error::CliError;

pub(super) async fn restore(args: ManyArgs, places: &Places) -> Result<Code, CliError> {
    act_and_report(
        places,
        args.runs,
        Command::Restore,
        args.json,
        "restored: worktree, branch, index and files as they were kept",
    )
    .await
}
