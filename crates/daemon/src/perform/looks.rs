//! Looks at the world that change nothing: for a client that waits, or for figures.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::RunId;
use domain::command::Command;
use protocol::RunRequest;

use super::lanes::Lane;
use super::living::{gone_place, living};
use super::{Performer, proof, review};
use crate::input::{CountedRun, FaceId, Input};
use crate::inspect::{Inspect, moved};
use crate::radar::Sweep;
use crate::{measure, prepare, settings_of};

/// Refusal to take over a run that was made elsewhere, or here where it is known to be.
const NOT_MOVED: &str = "this repository is none that it was made in and that was moved here";

impl Performer {
    /// Looks at the repository of a run that is asked for.
    pub(crate) fn prepare(&self, face: FaceId, id: u64, request: RunRequest) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        let folder = request.folder.to_string_lossy().into_owned();
        self.lanes.push(Lane::Looks, &folder, move || {
            let prepared = prepare::prepare(&places, request).map(Box::new);
            let _stopping = inputs.send(Input::Prepared { face, id, prepared });
        });
    }

    /// Looks at runs and worktrees for a client; the reply comes back as an input.
    pub(crate) fn inspect(&self, face: FaceId, id: u64, inspect: Inspect) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.lanes.push(Lane::Looks, &inspect.of(), move || {
            let reply = inspect.look(&places).unwrap_or_else(protocol::Reply::Refused);
            let _stopping = inputs.send(Input::Answered { face, id, reply });
        });
    }

    /// Counts the living processes of runs that something is to be done with, `after` a while.
    pub(crate) fn count(&self, face: FaceId, id: u64, asked: Vec<(String, RunId)>, command: Command, after: Duration) {
        let performer = self.clone();
        let count = move || {
            let (places, inputs) = (Arc::clone(&performer.places), performer.inputs.clone());
            // Looking at the work itself may take git long.
            let lane = if command.judges() { Lane::Looks } else { Lane::Finding };
            let of = asked.first().map_or_else(String::new, |(_, run)| run.to_string());
            performer.lanes.push(lane, &of, move || {
                let since = match &command {
                    Command::Adopt { folder } => Some(moved(&places, folder)),
                    _ => None,
                };
                let place = |run: &RunId| match since.as_ref()? {
                    Ok(all) => {
                        Some(all.get(run).map_or_else(|| Err(NOT_MOVED.to_owned()), |found| found.place.clone()))
                    }
                    Err(refused) => Some(Err(refused.reason.clone())),
                };
                let count = |(asked, run): (String, RunId)| {
                    let (gone, place) = (gone_place(&places, &run), place(&run));
                    let now = command.judges().then(|| proof::now(&places, &run).map_err(|error| error.to_string()));
                    let reviews = matches!(command, Command::Review { .. });
                    let stale = if reviews { review::stale(&places, &run) } else { Vec::new() };
                    CountedRun { asked, alive: living(&places, &run).len(), gone, place, now, stale, left: None, run }
                };
                let counted = asked.into_iter().map(count).collect();
                let _stopping = inputs.send(Input::Counted { face, id, counted, command });
            });
        };
        if after.is_zero() {
            return count();
        }
        self.runtime.spawn(async move {
            tokio::time::sleep(after).await;
            count();
        });
    }

    /// Measures when there is room for it.
    pub(crate) fn measure(&self, measure: measure::Measure) {
        let inputs = self.inputs.clone();
        let (run, repo) = (measure.run.clone(), measure.spec.repo.clone());
        self.lanes.push(Lane::Measures, &repo, move || {
            let measured = measure.measure();
            let _stopping = inputs.send(Input::Measured { run, measured });
        });
    }

    /// Compares the work of a repository's runs when there is room for it.
    pub(crate) fn sweep(&self, sweep: Sweep) {
        let inputs = self.inputs.clone();
        let repo = sweep.repo.clone();
        self.lanes.push(Lane::Measures, &repo, move || {
            let _stopping = inputs.send(Input::Swept(Box::new(sweep.sweep())));
        });
    }

    /// Looks what these agents' processes and all that they started have used.
    pub(crate) fn load(&self, agents: BTreeMap<RunId, u32>) {
        let inputs = self.inputs.clone();
        self.lanes.push(Lane::Measures, "", move || {
            let loads = if agents.is_empty() { BTreeMap::new() } else { measure::loads(&agents) };
            let _stopping = inputs.send(Input::Sampled { loads });
        });
    }

    /// Looks where a run of this repository would begin.
    pub(crate) fn base(&self, repo: String) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        let of = repo.clone();
        self.lanes.push(Lane::Looks, &of, move || match settings_of::base(&places.config, Path::new(&repo)) {
            Ok((name, commit)) => {
                let _stopping = inputs.send(Input::Based { base: protocol::Base { repo, name, commit } });
            }
            // Settings with a mistake are told of when a run is asked for.
            Err(refused) => tracing::debug!(repo, reason = refused.reason, "where runs begin is unknown"),
        });
    }
}
