//! Known collisions in each repository.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use domain::event::{ConflictCleared, ConflictFound};
use domain::{Body, RunId};
use protocol::Row;

use crate::radar::KnownPairs;

/// The collisions known in each repository, by the path of its main worktree.
#[derive(Default)]
pub(super) struct RepositoryRadars(pub(super) BTreeMap<String, OfRepository>);

#[derive(Default)]
pub(super) struct OfRepository {
    /// Runs whose worktree was changed since the last look.
    pub(super) changed: BTreeSet<RunId>,
    pub(super) known: KnownPairs,
    pub(super) looking: bool,
    /// When the next look may begin: a long look is followed by a long rest.
    pub(super) next: Option<Instant>,
    pub(super) began: Option<Instant>,
    /// Runs that were at work at the beginning of the last look, and of the one before.
    pub(super) live: [BTreeSet<RunId>; 2],
    /// Whether an input will say when to look again.
    pub(super) due: bool,
    /// Whether something changed during a look.
    pub(super) again: bool,
}

/// Whether a run is at work or ready. One that failed or was lost takes part again when it goes on.
pub(super) fn takes_part(row: &Row) -> bool {
    let over = matches!(row.status.as_str(), "merged" | "terminated" | "failed" | "lost");
    row.worktree.is_some() && !row.removed && !row.dismissed && !over && !row.is_observed()
}

/// Returns the events by which a run's collisions become `new`; a collision that could not be looked at, as `kept`
/// says, stays as it was known.
pub(super) fn news(old: &[ConflictFound], new: Vec<ConflictFound>, kept: impl Fn(Option<&RunId>) -> bool) -> Vec<Body> {
    let still =
        |known: &ConflictFound| new.iter().any(|conflict| conflict.with == known.with) || kept(known.with.as_ref());
    let gone = old.iter().filter(|known| !still(known));
    let cleared = |known: &ConflictFound| ConflictCleared { with: known.with.clone(), name: known.name.clone() }.into();
    let mut events: Vec<Body> = gone.map(cleared).collect();
    events.extend(new.into_iter().filter(|conflict| !old.contains(conflict)).map(Body::from));
    events
}
