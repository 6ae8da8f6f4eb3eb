//! `pilothouse demo`: real runs on a small real repository in a temporary folder, gone without a trace afterwards.

mod cast;
mod direct;
mod stage;

use cli::{CliError, Out};
use protocol::{Code, Scope};
use tokio::signal::unix::{SignalKind, signal};

use crate::cockpit;
use direct::Direction;
use stage::Stage;

/// Starts the runs, opens the cockpit on them (or waits for their ends), and clears everything away.
pub(crate) async fn demo(headless: bool, agent: Option<&str>) -> Result<Code, CliError> {
    let stage = Stage::set(agent)?;
    let played = tokio::select! {
        played = play(&stage, headless) => played,
        () = told_to_end() => Err(CliError::new(Code::Failed, "the demo was ended early")),
    };
    let cleared = stage.clear().await;
    played.and_then(|code| cleared.map(|()| code))
}

async fn play(stage: &Stage, headless: bool) -> Result<Code, CliError> {
    let direction = Direction::begin(stage).await?;
    if headless {
        let rows = direction.unwatched().await?;
        let mut out = Out::stdout(false);
        let table: Vec<_> = rows
            .iter()
            .map(|row| {
                let why = domain::text::line(row.reason.as_deref().unwrap_or(""));
                vec![row.name.clone(), row.model.clone().unwrap_or_default(), row.status.clone(), why]
            })
            .collect();
        out.table(&["RUN", "MODEL", "STATUS", "WHY"], &table)?;
        return direct::as_expected(stage, &rows);
    }
    let options =
        cockpit::options(&stage.places, "demo/shop".to_owned(), Scope::Here(stage.repo()), Some(stage.repo()))?;
    tokio::select! {
        shown = cockpit::show(&stage.places, options) => shown,
        failed = direction.while_watched() => Err(failed),
    }
}

async fn told_to_end() {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}
