//! The calls of models that the gateway measured, as `show` prints them, and what stands around them.

use client::Connection;
use domain::call::CallCells;
use domain::event::ModelCalled;
use domain::{docs, figures};
use protocol::{CallsReply, Reply, Request, Row};

use super::find::here;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

/// Calls that are shown when not all are asked for.
pub(super) const LAST: u64 = 8;

pub(super) async fn load(connection: &mut Connection, row: &Row, last: u64) -> Result<CallsReply, CliError> {
    match connection.ask(Request::Calls { run: row.id.to_string(), scope: here()?, last }).await? {
        Reply::Calls(calls) => Ok(calls),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

pub(super) fn print(out: &mut Out, calls: &CallsReply) -> Result<(), CliError> {
    let shown = calls.calls.len() as u64;
    match calls.count {
        0 => return Ok(out.line("calls       none so far")?),
        count if count > shown => {
            out.line(format!("calls       {count}, the last {shown} of them (--calls shows all)"))?;
        }
        count => out.line(format!("calls       {count}"))?,
    }
    out.line("  AT        MODEL                     IN  READ WRITE   OUT     COST  FIRST   TOOK  END")?;
    for call in &calls.calls {
        out.line(line(call))?;
    }
    Ok(())
}

fn line(call: &ModelCalled) -> String {
    let at = when(call.began_at);
    let cells = CallCells::of(call);
    let model: String = cells.model.chars().take(22).collect();
    format!(
        "  {at:<8}  {model:<22} {:>5} {:>5} {:>5} {:>5} {:>8} {:>6} {:>6}  {}",
        cells.input, cells.cache_read, cells.cache_write, cells.output, cells.cost, cells.first, cells.took, cells.end,
    )
}

/// Whose figures the tokens are.
pub(super) fn source(row: &Row) -> &'static str {
    match row.tokens_source.as_deref() {
        Some("gateway") => "measured by the gateway",
        Some("transcript") => "from the agent's own files",
        _ => "the agent's own figures",
    }
}

/// Words the cost of a run, and why it is unknown or not all of it.
pub(super) fn cost(row: &Row) -> String {
    let unpriced = row.tokens_unpriced.filter(|n| *n > 0 && row.cost_usd.is_none());
    let why = unpriced
        .map(|n| format!(" ({} tokens have no price; {} says how to give one)", figures::count(n), docs::SPEND));
    let cut = row.calls_cut.filter(|n| *n > 0);
    let more = cut.map(|n| format!(" ({n} answers were cut, the provider may bill more for them)"));
    format!("{}{}{}", row.cost_says(), why.unwrap_or_default(), more.unwrap_or_default())
}

/// Words the budget of a run, and whether it can be held.
pub(super) fn budget(row: &Row) -> String {
    let usd = row.budget_usd.map(figures::money);
    let tokens = row.budget_tokens.map(|n| format!("{} tokens", figures::count(n)));
    let parts: Vec<_> = usd.into_iter().chain(tokens).collect();
    if parts.is_empty() {
        return figures::NONE.to_owned();
    }
    let blind = row.budget_usd.is_some() && row.tokens_unpriced.is_some_and(|n| n > 0);
    let says = if blind { "; it can't act on tokens that have no price" } else { "" };
    format!("{}{says}", parts.join(" or "))
}
