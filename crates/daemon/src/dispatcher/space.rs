//! Going on where nothing can be written for want of space: what could not be done is kept and tried again.

use std::time::Instant;

use domain::RunId;
use evidence::EvidenceError;

use super::{Dispatcher, SYNC_WITHIN};
use crate::input::Input;

/// The first words of trouble that goes away with space.
pub(super) const NO_SPACE: &str = "no space left";

impl Dispatcher {
    /// Keeps an input that could not be written down, to be tried again when there may be space.
    pub(super) fn hold(&mut self, input: Input) {
        self.held.push(input);
        self.retry_at.get_or_insert_with(|| Instant::now() + SYNC_WITHIN);
    }

    pub(super) fn retry_held(&mut self) {
        if self.retry_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.retry_at = None;
        let stuck = std::mem::take(&mut self.stuck);
        self.turn.changed.extend(stuck);
        for input in std::mem::take(&mut self.held) {
            self.handle(input);
        }
    }

    /// Has a run's step that could not be written down tried again when there may be space.
    pub(super) fn stick(&mut self, run: &RunId) {
        self.stuck.insert(run.clone());
        self.retry_at.get_or_insert_with(|| Instant::now() + SYNC_WITHIN);
    }

    pub(super) fn trouble(&mut self, error: &EvidenceError) {
        let reason = if error.is_full() { format!("{NO_SPACE}: {error}") } else { error.to_string() };
        if self.trouble.as_ref() != Some(&reason) {
            tracing::error!(%reason, "degraded");
            self.trouble = Some(reason);
            self.tell_degraded();
        }
    }

    pub(super) fn recovered(&mut self) {
        if self.trouble.take().is_some() {
            tracing::info!("writing works again");
            self.tell_degraded();
        }
    }
}
