//! `pilothouse merge`: a run's work into its base.

use client::Places;
use domain::command::Command;
use domain::gate::Method;
use protocol::Code;

use super::act::act;
use super::notes;
use super::report::report;
use crate::args::MergeArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn merge(args: MergeArgs, places: &Places) -> Result<Code, CliError> {
    let method = args.method.as_deref().and_then(Method::parse);
    let mut connection = client::connect(places).await?;
    let acted = act(&mut connection, vec![args.run.clone()], Command::Merge { method }).await?;
    let mut out = Out::stdout(args.json);
    let code = report(&mut out, &acted, "merged into its base")?;
    notes::print(&mut connection, &mut out, &args.run).await?;
    Ok(code)
}
