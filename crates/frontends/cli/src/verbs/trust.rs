//! `pilothouse trust`: shows the commands that a repository has run here, and trusts them when a person says so.

use client::Places;
use domain::text;
use protocol::{Code, Reply, Request, TrustRow};

use super::confirm::confirm;
use crate::args::TrustArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn trust(args: &TrustArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let folder = std::env::current_dir()?;
    let mut ask = async |grant: Option<String>| -> Result<TrustRow, CliError> {
        match connection.ask(Request::Trust { folder: folder.clone(), base: args.base.clone(), grant }).await? {
            Reply::Trust(row) => Ok(row),
            _ => Err(client::ClientError::Unexpected.into()),
        }
    };
    let mut row = ask(None).await?;
    let mut out = Out::stdout(args.json);
    if !out.json {
        show(&mut out, &row)?;
    }
    // With --json alone it is only looked at.
    let grants = !row.trusted && (args.yes || (!out.json && confirm("Trust them?", out.terminal)?));
    if grants {
        row = ask(Some(row.digest.clone())).await?;
    }
    if out.json {
        out.value(&row)?;
    } else if grants {
        out.line("trusted; when they change you are asked again")?;
    } else if !row.trusted {
        out.line("nothing was trusted")?;
    }
    Ok(Code::Done)
}

fn show(out: &mut Out, row: &TrustRow) -> Result<(), CliError> {
    let Some(file) = &row.file else {
        return Ok(out.line("the repository has no commands run here; there is nothing to trust")?);
    };
    let trusted = if row.trusted { "trusted" } else { "not trusted" };
    out.line(format!("{} ({trusted})", text::shown(file)))?;
    for (key, command) in &row.commands {
        out.line(format!("  {key}: {}", text::shown(command)))?;
    }
    Ok(())
}
