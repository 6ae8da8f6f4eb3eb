//! `pilothouse attach` and `run --attach`: one run's terminal, or what its agent writes, as soon as there is something.

use cli::{CliError, Out, RunArgs};
use client::{Connection, Places};
use protocol::{Code, FromDaemon, Reply, Request, Row, Scope};

use crate::cockpit;

pub(crate) async fn attach(places: &Places, asked: &str) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let row = cli::find_run(&mut connection, asked).await?;
    show(places, connection, row).await
}

/// Starts a run and shows it.
pub(crate) async fn run(places: &Places, args: &RunArgs) -> Result<Code, CliError> {
    let (connection, rows) = cli::start(args, places).await?;
    match rows.into_iter().next() {
        Some(row) => show(places, connection, row).await,
        None => Err(client::ClientError::Unexpected.into()),
    }
}

async fn show(places: &Places, mut connection: Connection, row: Row) -> Result<Code, CliError> {
    let row = until_at_work(&mut connection, row).await?;
    let title = domain::text::line(&row.name);
    let folder = std::env::current_dir().ok();
    let scope = Scope::Here(row.repo.clone().into());
    let mut options = cockpit::options(places, title, scope, folder)?;
    options.attach = Some(row.id.to_string());
    // Nobody reads from it while the terminal is shown.
    drop(connection);
    let code = cockpit::show(places, options).await?;
    // The screen that it was on is gone, and the run may not be.
    let mut connection = client::connect(places).await?;
    if let Ok(now) = cli::find_run(&mut connection, row.id.as_str()).await {
        let (name, mut out) = (domain::text::line(&now.name), Out::stdout(false));
        out.line(match now.is_settled() {
            true => format!("{name} is {}", domain::text::line(&now.status)),
            false => format!("{name} goes on; `pilothouse attach {}` shows it again", now.id),
        })?;
    }
    Ok(code)
}

/// Waits until the run's agent has started, or never will.
async fn until_at_work(connection: &mut Connection, mut row: Row) -> Result<Row, CliError> {
    if let Reply::Rows(rows) = connection.ask(Request::Watch(Scope::All)).await?
        && let Some(now) = rows.into_iter().find(|now| now.id == row.id)
    {
        row = now;
    }
    while row.pid.is_none() && !row.is_settled() {
        match connection.next().await {
            Some(FromDaemon::Rows { rows }) => row = rows.into_iter().find(|now| now.id == row.id).unwrap_or(row),
            Some(_) => {}
            None => return Err(client::ClientError::Gone.into()),
        }
    }
    Ok(row)
}
