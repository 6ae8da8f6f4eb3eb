//! Asking before something is done with agents that were started by hand.

use client::Connection;
use protocol::Row;

use super::confirm::confirm;
use super::find::find;
use crate::error::CliError;
use crate::out::Out;

/// A person's answer to acting on agents that were started by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByHandConsent {
    /// No such agent is among them, or nobody was asked; the daemon refuses those it finds all the same.
    Unasked,
    Yes,
    No,
}

/// Asks before something is done with agents that were started by hand. Runs are acted on unasked.
pub(super) async fn confirm_by_hand(
    connection: &mut Connection,
    runs: &[String],
    does: &str,
    yes: bool,
    out: &mut Out,
) -> Result<ByHandConsent, CliError> {
    if yes {
        return Ok(ByHandConsent::Yes);
    }
    let mut by_hand = Vec::new();
    for run in runs {
        // What is not found is told of by the verb itself.
        by_hand.extend(find(connection, run).await.ok().filter(Row::is_observed));
    }
    if by_hand.is_empty() {
        return Ok(ByHandConsent::Unasked);
    }
    let told = if out.json { &[][..] } else { &by_hand };
    for row in told {
        let why = domain::text::line(row.reason.as_deref().unwrap_or_default());
        out.line(format!("{}  {}  {why}", domain::text::line(&row.name), row.status))?;
    }
    // A program that reads JSON can't be asked.
    if confirm(&format!("{does} what was started by hand?"), out.terminal && !out.json)? {
        return Ok(ByHandConsent::Yes);
    }
    out.line("nothing was done")?;
    Ok(ByHandConsent::No)
}
