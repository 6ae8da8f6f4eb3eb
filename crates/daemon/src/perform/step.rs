//! A step of an effect, and what comes after it.

use std::time::Duration;

use supervisor::Identity;

use super::Performer;
use super::job::{Job, Performed};

/// How far an effect has come.
pub(super) enum EffectProgress {
    Done(Performed),
    /// The effect goes on when this process has ended.
    AtEnd(Identity, NextStep),
    /// The effect goes on after a while.
    After(Duration, NextStep),
}

/// The next step of an effect that waits.
pub(super) type NextStep = Box<dyn FnOnce(&Performer, &Job) -> EffectProgress + Send>;

impl From<Performed> for EffectProgress {
    fn from(performed: Performed) -> Self {
        Self::Done(performed)
    }
}
