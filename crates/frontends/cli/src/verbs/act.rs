//! Having the daemon do something with runs.

use client::{Connection, Places};
use domain::command::Command;
use protocol::{Acted, Code, Reply, Request, Row};

use super::by_hand::ByHandConsent;
use super::find::here;
use super::report::report;
use crate::error::CliError;
use crate::out::Out;

/// Has something done with runs, and returns what became of each.
pub(super) async fn act(
    connection: &mut Connection,
    runs: Vec<String>,
    command: Command,
) -> Result<Vec<Acted>, CliError> {
    act_with(connection, runs, command, ByHandConsent::Unasked).await
}

pub(super) async fn act_with(
    connection: &mut Connection,
    runs: Vec<String>,
    command: Command,
    said: ByHandConsent,
) -> Result<Vec<Acted>, CliError> {
    let by_hand_too = said == ByHandConsent::Yes;
    match connection.ask(Request::Act { runs, scope: here()?, command, by_hand_too }).await? {
        Reply::Acted(acted) => Ok(acted),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// Carries out a verb that does one thing with one or more runs, and says so.
pub(super) async fn act_and_report(
    places: &Places,
    runs: Vec<String>,
    command: Command,
    json: bool,
    done: &str,
) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let acted = act(&mut connection, runs, command).await?;
    report(&mut Out::stdout(json), &acted, done)
}

/// Takes up changed rows of the runs that a verb waits for; others are passed over.
pub(super) fn take_up(rows: &mut [Row], changed: Vec<Row>) {
    for new in changed {
        if let Some(row) = rows.iter_mut().find(|row| row.id == new.id) {
            *row = new;
        }
    }
}
