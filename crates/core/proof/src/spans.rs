//! Which two trees an attempt's own work lies between, as the checkpoints around it tell.

use std::collections::BTreeMap;

use domain::attempt::AttemptKey;
use domain::{Body, Event};

/// An attempt's work: the patch from one tree or commit to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub attempt: AttemptKey,
    pub from: String,
    pub to: String,
}

/// The attempts of a timeline whose beginning and end were both kept, in their order.
#[expect(clippy::wildcard_enum_match_arm, reason = "these kinds say at which commit or tree the work stands")]
pub fn spans(events: &[Event]) -> Vec<Span> {
    let mut stands: Option<String> = None;
    let mut open: BTreeMap<AttemptKey, (Option<String>, bool)> = BTreeMap::new();
    let mut spans = Vec::new();
    for event in events {
        let now = match &event.body {
            Body::WorktreeCreated(data) => Some(&data.head),
            Body::CheckpointSaved(data) if !data.tree.is_empty() => Some(&data.tree),
            Body::WorkCommitted(data) => Some(&data.head),
            Body::PhaseFinished(data) => Some(&data.head),
            Body::WorkMeasured(data) => Some(&data.tree),
            Body::CheckpointRestored(data) => Some(&data.head),
            _ => None,
        };
        match (&event.body, event.attempt_key()) {
            (Body::AttemptStarted(_), Some(key)) => drop(open.insert(key, (stands.clone(), false))),
            (Body::AttemptFinished(_), Some(key)) => {
                if let Some(known) = open.get_mut(&key) {
                    known.1 = true;
                }
            }
            _ => {}
        }
        let Some(now) = now else { continue };
        let ended: Vec<AttemptKey> = open.iter().filter(|(_, (_, over))| *over).map(|(key, _)| key.clone()).collect();
        for attempt in ended {
            if let Some((Some(from), _)) = open.remove(&attempt) {
                spans.push(Span { attempt, from, to: now.clone() });
            }
        }
        stands = Some(now.clone());
    }
    spans
}
