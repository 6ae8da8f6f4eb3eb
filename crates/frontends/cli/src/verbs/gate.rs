//! `pilothouse gate`: whether a run may be merged, and every reason why not.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::{act, notes, report};
use crate::args::OneArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn gate(args: OneArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let acted = act(&mut connection, vec![args.run.clone()], Command::Gate).await?;
    let mut out = Out::stdout(args.json);
    let code = report(&mut out, &acted, "the gate is open")?;
    notes::print(&mut connection, &mut out, &args.run).await?;
    Ok(code)
}
