//! Finding the run that a person named.

use client::Connection;
use protocol::{Code, Reply, Request, Row, Scope};

use crate::error::CliError;

/// The scope of a person who stands in a repository.
pub(super) fn here() -> Result<Scope, CliError> {
    Ok(Scope::Here(std::env::current_dir()?))
}

/// The row of the run that `asked` names. Ids work from anywhere, names in their repository.
///
/// # Errors
/// When there is none, or several.
pub(super) async fn find(connection: &mut Connection, asked: &str) -> Result<Row, CliError> {
    let scope = here()?;
    match connection.ask(Request::Row { run: asked.to_owned(), scope }).await? {
        Reply::Row(row) => Ok(*row),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// The row of the run that `asked` names, for what only a run has.
///
/// # Errors
/// Also for an agent that was started by hand.
pub async fn find_run(connection: &mut Connection, asked: &str) -> Result<Row, CliError> {
    let row = find(connection, asked).await?;
    if row.is_observed() {
        let reason = format!(
            "{} was started by hand and is no run of pilothouse; `pilothouse show` tells what is known",
            row.name
        );
        return Err(CliError::new(Code::Refused, reason));
    }
    Ok(row)
}
