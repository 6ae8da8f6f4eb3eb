//! The calls of models that the gateway measured for a run.

use domain::{Body, RunId};
use evidence::StateFolder;
use protocol::{CallsReply, Refused};

use super::state::broken;
use crate::places::DaemonPlaces;

/// Returns the calls that a run's timeline has, which is what its sums are made of.
pub(super) fn calls(places: &DaemonPlaces, run: RunId, last: u64) -> Result<CallsReply, Refused> {
    let folder = StateFolder::open(&places.home).map_err(broken)?.run(&run);
    let events = evidence::read(folder.path()).map_err(broken)?;
    let all = events.into_iter().filter_map(|event| match event.body {
        Body::ModelCalled(call) => Some(call),
        _ => None,
    });
    let mut calls: Vec<_> = all.collect();
    let count = calls.len() as u64;
    let keep = usize::try_from(last).unwrap_or(usize::MAX).min(calls.len());
    Ok(CallsReply { run, count, calls: calls.split_off(calls.len() - keep) })
}
