//! `pilothouse resume`: lets paused runs go on.

use client::Places;
use domain::budget::Budget;
use domain::command::Command;
use protocol::Code;

use super::act::act_with;
use super::by_hand::{ByHandConsent, confirm_by_hand};
use super::report::report;
use crate::args::ResumeArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn resume(args: ResumeArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    let said = confirm_by_hand(&mut connection, &args.runs, "Resume", args.yes, &mut out).await?;
    if said == ByHandConsent::No {
        return Ok(Code::Done);
    }
    let budget = Budget { usd: args.budget, tokens: args.tokens };
    let acted = act_with(&mut connection, args.runs, Command::Resume { budget }, said).await?;
    report(&mut out, &acted, "goes on")
}
