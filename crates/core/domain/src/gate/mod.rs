//! The gate before a merge: open, or closed with every reason.

mod spec;

pub use spec::{GateSpec, Method};

use crate::command::NewRun;
use crate::event::{Merge, Review, WorkMeasured};
use crate::figures;
use crate::pull_request::PullState;
use crate::run::RunState;
use crate::score;
use crate::status::Status;
use crate::text::short;

/// Whether a score is asked for: only where checks are defined that can give one.
pub fn asks_score(spec: &NewRun) -> bool {
    !spec.checks.is_empty()
}

/// Why the run may not be merged; nothing when it may. `now` is its work as it is at this moment.
pub fn reasons(run: &RunState, now: &WorkMeasured) -> Vec<String> {
    let Some(spec) = &run.spec else { return vec!["what was asked for is not known".to_owned()] };
    let mut reasons = Vec::new();
    if run.status != Status::Ready {
        reasons.push(format!("it is {}", run.status.word()));
    }
    let proof = &run.proof;
    match &proof.measured {
        _ if proof.written.is_none() => reasons.push("there is no proof pack of it".to_owned()),
        Some(proven) if proven.head != now.head => {
            let (now, proven) = (short(&now.head), short(&proven.head));
            reasons.push(format!("its branch moved since the proof: it is at {now}, and {proven} was proven"));
        }
        Some(proven) if proven.tree != now.tree => {
            reasons.push("its worktree has changes that the proof does not have".to_owned());
        }
        _ if proof.stale => reasons.push("something happened since the proof was written".to_owned()),
        _ => {}
    }
    if now.uncommitted {
        reasons.push("not all of the work is committed".to_owned());
    }
    reasons.extend(now.against.iter().cloned());
    if now.head == spec.base_commit {
        let why = if now.uncommitted { "nothing of it is committed" } else { "it changes nothing" };
        reasons.push(why.to_owned());
    }
    for check in spec.checks.iter().filter(|check| check.required) {
        if let Some(why) = score::why_not(Some(now), run.last_check(&check.name)) {
            reasons.push(format!("check {} {why}", check.name));
        }
    }
    let weighed = score::score(run);
    // Without checks no run can reach it, and no agent can take checks away: they are those of the base commit.
    if asks_score(spec) && weighed.score < spec.gate.min_score {
        let [has, asked] = [weighed.score, spec.gate.min_score].map(figures::share);
        reasons.push(format!("its score is {has}, and {asked} is asked for"));
    }
    if spec.gate.approval {
        reasons.extend(not_approved(run, now));
    }
    match run.pull.as_ref().map(|pull| pull.work.state) {
        Some(PullState::Draft) => reasons.push("its pull request is a draft".to_owned()),
        Some(PullState::Closed) => reasons.push("its pull request is closed".to_owned()),
        _ => {}
    }
    match &now.merge {
        Merge::Clean => {}
        Merge::Conflicts(paths) => reasons.push(format!("it conflicts with {} in {}", spec.base, paths.join(", "))),
        Merge::Unknown(why) => reasons.push(format!("it is not known whether it merges: {why}")),
    }
    let cost = weighed.parts.iter().find(|part| part.name == "cost");
    if let Some(part) = cost.filter(|part| spec.gate.cost_known && part.value != Some(100)) {
        reasons.push(format!("its cost must be known and in budget: {}", part.reason));
    }
    reasons
}

fn not_approved(run: &RunState, now: &WorkMeasured) -> Option<String> {
    match &run.proof.review {
        None => Some("nobody has approved it".to_owned()),
        Some(given) if given.verdict == Review::Changes && given.head != now.head => {
            Some("nobody has approved it since changes were asked for".to_owned())
        }
        Some(given) if given.verdict == Review::Changes => Some("changes were asked for".to_owned()),
        Some(given) if given.head != now.head => {
            Some(format!("what was approved is {}, and it is at {}", short(&given.head), short(&now.head)))
        }
        Some(_) => None,
    }
}
