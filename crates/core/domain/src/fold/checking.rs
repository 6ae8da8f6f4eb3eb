//! Events of checks and repairs.

use super::concern::misplaced;
use crate::event::{Body, Event};
use crate::phase::Repair;
use crate::run::{Recheck, RunState};
use crate::status::Status;

/// Events of checks and repairs; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn checking(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::WorkCommitted(data) => {
            state.head = Some(data.head.clone());
            state.retry = None;
            if let Some(phase) = state.phases.iter_mut().find(|phase| Some(&phase.spec.name) == event.phase.as_ref()) {
                phase.progress.committed = Some(data.head.clone());
                phase.checks.clear();
                phase.repair = None;
            }
        }
        Body::CheckRequested(data) => {
            let was = std::mem::replace(&mut state.status, Status::Checking);
            state.recheck = Some(Recheck { checks: data.checks.clone(), done: Vec::new(), was, begun: false });
            state.ended_at = None;
            state.dismissed = false;
        }
        Body::CheckStarted(data) => {
            let check = state.checks.entry(data.name.clone()).or_default();
            check.begun = check.begun.max(data.n);
            check.runs = true;
            if let Some(recheck) = &mut state.recheck {
                recheck.begun = true;
            }
            if !state.status.is_settled() {
                *state.status_mut() = Status::Checking;
            }
        }
        Body::CheckFinished(data) => {
            let check = state.checks.entry(data.name.clone()).or_default();
            check.runs = false;
            check.last = Some((data.clone(), event.at));
            if !data.head.is_empty() {
                state.head = Some(data.head.clone());
            }
            match (&mut state.recheck, state.phases.get_mut(state.phase)) {
                (Some(recheck), _) => recheck.done.push(data.clone()),
                (None, Some(phase)) => phase.checks.push(data.clone()),
                (None, None) => {}
            }
        }
        Body::RepairRequested(data) => {
            if let Some(phase) = state.phases.get_mut(state.phase) {
                phase.repairs = data.n;
                let told = |name: &String| phase.checks.iter().find(|done| done.name == *name).cloned();
                phase.failed_before = data.checks.iter().filter_map(told).collect();
                phase.repair = Some(Repair::default());
            }
        }
        other => misplaced(other),
    }
}
