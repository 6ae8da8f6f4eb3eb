//! The calls tab: every call of a model that the gateway measured, the newest on top.

mod draw;
#[cfg(test)]
mod tests;
mod update;

use domain::RunId;
use domain::event::ModelCalled;

pub(crate) use draw::draw;
pub(crate) use update::{heard, load, loaded, scroll};

/// The selected run's calls, as far as they are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallsView {
    /// The run whose calls were asked for.
    asked: Option<RunId>,
    /// The calls, the oldest first; `None` until they have come.
    pub(crate) calls: Option<Result<Vec<ModelCalled>, String>>,
    /// First line shown.
    top: usize,
}

impl CallsView {
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn known(&self) -> &[ModelCalled] {
        self.calls.as_ref().and_then(|calls| calls.as_ref().ok()).map_or(&[], Vec::as_slice)
    }
}
