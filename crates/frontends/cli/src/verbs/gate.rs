//! `pilothouse gate`: whether a run may be merged, and every reason why not.

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act;
use super::find::find;
use super::notes;
use super::report::{NO_CHECKS, report};
use crate::args::OneArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn gate(args: OneArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let checked = find(&mut connection, &args.run).await.is_ok_and(|row| !row.checks.is_empty());
    let open = if checked { "the gate is open".to_owned() } else { format!("the gate is open; {NO_CHECKS}") };
    let acted = act(&mut connection, vec![args.run.clone()], Command::Gate).await?;
    let mut out = Out::stdout(args.json);
    let code = report(&mut out, &acted, &open)?;
    notes::print(&mut connection, &mut out, &args.run).await?;
    Ok(code)
}
