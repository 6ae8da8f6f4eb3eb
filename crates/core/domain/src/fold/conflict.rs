//! Events of runs that get into each other's way.

use super::concern::misplaced;
use crate::event::Body;
use crate::run::RunState;

/// Events of conflicts; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn conflict(state: &mut RunState, body: &Body) {
    match body {
        Body::ConflictFound(data) => {
            state.conflicts.retain(|known| known.with != data.with);
            state.conflicts.push(data.clone());
            // The base comes last.
            state
                .conflicts
                .sort_by(|a, b| (a.with.is_none(), &a.name, &a.with).cmp(&(b.with.is_none(), &b.name, &b.with)));
        }
        Body::ConflictCleared(data) => state.conflicts.retain(|known| known.with != data.with),
        other => misplaced(other),
    }
}
