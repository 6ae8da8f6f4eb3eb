//! `pilothouse daemon`: looking at it and ending it. Serving is the binary's own role.

use client::{ClientError, Places};
use protocol::{Code, DaemonStatus, Reply, Request};

use crate::args::DaemonVerb;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn daemon(verb: DaemonVerb, places: &Places) -> Result<Code, CliError> {
    let mut out = Out::stdout(verb == DaemonVerb::Status { json: true });
    let not_running = |error: &ClientError| {
        matches!(error, ClientError::NotRunning(_) | ClientError::Unreachable { .. } | ClientError::Gone)
    };
    let mut connection = match client::connect_running(places).await {
        Ok(connection) => connection,
        Err(error) if not_running(&error) && verb == DaemonVerb::Stop => {
            out.line(format!("no daemon serves {}", places.home.display()))?;
            return Ok(Code::Done);
        }
        Err(error) => return Err(error.into()),
    };
    match verb {
        DaemonVerb::Stop => {
            client::stop(places, connection).await?;
            out.line("the daemon has ended; runs go on, and the next pilothouse starts it again")?;
        }
        DaemonVerb::Status { .. } | DaemonVerb::Run => {
            let Reply::Status(status) = connection.ask(Request::Status).await? else {
                return Err(ClientError::Unexpected.into());
            };
            if out.json {
                out.value(&status)?;
            } else {
                out.line(line(&status))?;
            }
        }
    }
    Ok(Code::Done)
}

pub(super) fn line(status: &DaemonStatus) -> String {
    let health = status.degraded.as_deref().map_or_else(|| "ok".to_owned(), |why| format!("degraded: {why}"));
    format!("daemon {} version {} serves {}: {health}", status.pid, status.version, status.home)
}
