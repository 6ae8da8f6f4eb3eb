//! `pilothouse explain`: the facts behind a run's status, each with its source and age.

use client::Places;
use domain::{figures, text};
use protocol::{Code, Reply, Request};

use super::find::here;
use crate::args::OneArgs;
use crate::error::CliError;
use crate::out::Out;
use crate::when::when;

pub(super) async fn explain(args: OneArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let Reply::Facts(facts) = connection.ask(Request::Explain { run: args.run, scope: here()? }).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&facts)?;
        return Ok(Code::Done);
    }
    let at = |at: Option<domain::Timestamp>| at.map_or_else(|| figures::UNKNOWN.to_owned(), when);
    for fact in &facts {
        out.line(format!("{:<12} {}", fact.about, text::line(&fact.says)))?;
        out.line(format!("{:<12} from {}, at {}", "", text::line(&fact.source), at(fact.at)))?;
    }
    Ok(Code::Done)
}
