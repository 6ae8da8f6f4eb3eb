//! The checks tab: what each check of a run came to, and what the one under the cursor wrote.

mod draw;
#[cfg(test)]
mod tests;
mod update;

use domain::RunId;
use domain::attempt::AttemptKey;

pub(crate) use draw::draw;
pub(crate) use update::{load, loaded, scroll};

/// The output of the selected run's checks, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChecksView {
    /// The check under the cursor.
    at: usize,
    /// The output that was asked for, and whether its check ran then.
    asked: Option<(RunId, AttemptKey, bool)>,
    /// An answer is still to come.
    open: bool,
    /// The end of the check's output, line by line.
    output: Vec<String>,
}

impl ChecksView {
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}
