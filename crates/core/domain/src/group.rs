//! Which attention group a run stands in: what needs a person comes first.

use serde::{Deserialize, Serialize};

use crate::run::RunState;
use crate::status::{By, Status};

/// The groups in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    NeedsYou,
    Working,
    Ready,
    /// Agents that a person started by hand.
    Observed,
    Finished,
}

impl Group {
    pub const ALL: [Self; 5] = [Self::NeedsYou, Self::Working, Self::Ready, Self::Observed, Self::Finished];

    pub fn heading(self) -> &'static str {
        match self {
            Self::NeedsYou => "NEEDS YOU",
            Self::Working => "WORKING",
            Self::Ready => "READY",
            Self::Observed => "OBSERVED",
            Self::Finished => "FINISHED",
        }
    }
}

/// The first group of DESIGN §5 that matches.
pub fn of(run: &RunState) -> Group {
    if run.dismissed {
        return Group::Finished;
    }
    let at_stake = !run.removed && !matches!(run.status, Status::Merged | Status::Terminated { .. });
    if at_stake && run.conflicts.iter().any(|conflict| conflict.yields) {
        return Group::NeedsYou;
    }
    // Nobody but a person, or an agent that one tells to, brings it together with its base.
    if at_stake && run.status == Status::Ready && run.conflicts.iter().any(|conflict| conflict.with.is_none()) {
        return Group::NeedsYou;
    }
    match &run.status {
        // What stands still without a keeper never goes on by itself.
        Status::Paused { .. } if run.keeper_gone => Group::NeedsYou,
        // A person put it back and knows; nothing went wrong.
        Status::Failed { .. } if run.current().is_some_and(|phase| phase.progress.rolled_back) => Group::Ready,
        Status::Waiting
        | Status::Failed { .. }
        | Status::Lost { .. }
        | Status::Unknown { .. }
        | Status::Paused { by: By::Budget, .. }
        | Status::Limited { resets_at: None } => Group::NeedsYou,
        Status::Queued
        | Status::Preparing
        | Status::Working(_)
        | Status::Checking
        | Status::Paused { .. }
        | Status::Limited { resets_at: Some(_) } => Group::Working,
        Status::Ready if at_stake && run.only_asked() => Group::NeedsYou,
        // There is nothing to review, and nothing lies there any more.
        Status::Ready if run.removed && !run.has_changed() => Group::Finished,
        Status::Ready => Group::Ready,
        Status::Merged | Status::Terminated { .. } => Group::Finished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ConflictFound;
    use crate::status::Activity;
    use crate::timestamp::Timestamp;

    fn group(status: Status) -> Group {
        of(&RunState { status, ..RunState::default() })
    }

    #[test]
    fn groups_are_those_of_the_design() {
        let why = || "why".to_owned();
        for status in [
            Status::Waiting,
            Status::Failed { phase: why(), reason: why() },
            Status::Lost { reason: why() },
            Status::Unknown { reason: why() },
            Status::Paused { by: By::Budget, reason: why() },
            Status::Limited { resets_at: None },
        ] {
            assert_eq!(group(status.clone()), Group::NeedsYou, "{status:?}");
        }
        for status in [
            Status::Queued,
            Status::Preparing,
            Status::Working(Activity::Thinking),
            Status::Checking,
            Status::Paused { by: By::Person, reason: why() },
            Status::Limited { resets_at: Some(Timestamp::default()) },
        ] {
            assert_eq!(group(status.clone()), Group::Working, "{status:?}");
        }
        assert_eq!(group(Status::Ready), Group::Ready);
        let released = RunState { status: Status::Ready, removed: true, ..RunState::default() };
        assert_eq!(of(&released), Group::Finished, "it changed nothing, and its worktree is gone");
        assert_eq!(of(&RunState { head: Some("h".into()), ..released }), Group::Ready);
        assert_eq!(group(Status::Merged), Group::Finished);
        assert_eq!(group(Status::Terminated { by: By::Person }), Group::Finished);
    }

    // As long as something is at stake.
    #[test]
    fn a_conflicts_younger_run_needs_you() {
        let conflict = |yields| ConflictFound { with: None, name: "other".into(), paths: vec!["a".into()], yields };
        let of = |status, yields| of(&RunState { status, conflicts: vec![conflict(yields)], ..RunState::default() });
        assert_eq!(of(Status::Working(Activity::Thinking), true), Group::NeedsYou);
        assert_eq!(of(Status::Ready, true), Group::NeedsYou);
        assert_eq!(of(Status::Working(Activity::Thinking), false), Group::Working);
        assert_eq!(of(Status::Ready, false), Group::NeedsYou, "it does not come together with its base");
        assert_eq!(of(Status::Merged, true), Group::Finished);
    }

    #[test]
    fn a_dismissed_run_is_finished() {
        let run = RunState { status: Status::Waiting, dismissed: true, ..RunState::default() };
        assert_eq!(of(&run), Group::Finished);
    }
}
