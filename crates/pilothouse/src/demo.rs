//! `pilothouse demo`: real runs on a small real repository in a temporary folder, gone without a trace afterwards.

mod cast;
mod direct;
mod shop;
mod stage;

use cli::{CliError, Out};
use domain::figures;
use protocol::{Code, Row, Scope};
use tokio::signal::unix::{SignalKind, signal};

use crate::cockpit;
use direct::Direction;
use stage::DemoStage;

/// Starts the runs, opens the cockpit on them (or waits for their ends), and clears everything away.
pub(crate) async fn demo(headless: bool, agent: Option<&str>) -> Result<Code, CliError> {
    let stage = DemoStage::set(agent, headless)?;
    let played = tokio::select! {
        played = play(&stage, headless) => played,
        () = told_to_end() => Err(CliError::new(Code::Failed, "the demo was ended early")),
    };
    let cleared = stage.clear().await;
    played.and_then(|code| cleared.map(|()| code))
}

async fn play(stage: &DemoStage, headless: bool) -> Result<Code, CliError> {
    let direction = Direction::begin(stage).await?;
    if headless {
        let rows = direction.unwatched().await?;
        let mut out = Out::stdout(false);
        out.table(
            &["RUN", "MODEL", "PHASE", "COST", "SCORE", "PR", "STATUS", "WHY"],
            &rows.iter().map(cells).collect::<Vec<_>>(),
        )?;
        return direct::as_expected(stage, &rows);
    }
    let options =
        cockpit::options(&stage.places, "demo/shop".to_owned(), Scope::Here(stage.repo()), Some(stage.repo()))?;
    tokio::select! {
        shown = cockpit::show(&stage.places, options) => shown,
        failed = direction.while_watched() => Err(failed),
    }
}

/// Returns the cells of a run's line.
fn cells(row: &Row) -> Vec<String> {
    let none = || figures::NONE.to_owned();
    vec![
        row.name.clone(),
        row.model.clone().unwrap_or_default(),
        row.phase.as_ref().map_or_else(none, |phase| format!("{}/{}", phase.index, phase.count)),
        row.cost_says(),
        row.score.map_or_else(none, |score| format!("{score:.2}")),
        row.pr.as_ref().map_or_else(none, protocol::PullRequest::sign),
        row.status.clone(),
        domain::text::line(row.reason.as_deref().unwrap_or("")),
    ]
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
