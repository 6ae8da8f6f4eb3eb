//! The diff that is shown, and how.

use std::sync::Arc;

use domain::Timestamp;

use super::colours::Bit;
use super::parse::Difference;
use crate::widgets::{Nth, searched};

/// The diff of the run that is looked at, and where the person is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiffView {
    /// The diff; `None` until it is loaded; an error in words.
    pub(crate) loaded: Option<Result<Arc<Difference>, String>>,
    /// The pieces of each line that have a colour.
    pub(crate) colours: Vec<Vec<Bit>>,
    /// First row shown.
    pub(crate) top: usize,
    /// The row that a reviewer is at, once they moved to one.
    pub(crate) cursor: Option<usize>,
    /// Columns that are left out at the left.
    pub(crate) left: usize,
    /// Whether old and new stand side by side; `None`: by the width.
    pub(crate) sides: Option<bool>,
    pub(crate) search: Option<String>,
    /// An editor is to be opened when the diff has come.
    pub(crate) for_editor: bool,
    /// The line that was found.
    pub(crate) found: Option<usize>,
    /// Which of the matches that is.
    pub(crate) nth: Option<Nth>,
    pub(super) asked: bool,
    /// When the changes were measured that are loaded, and the event in which a comment was last given.
    pub(super) measured: (Option<Timestamp>, u64),
}

impl DiffView {
    /// Forgets what is loaded; how the person wants it shown stays.
    pub(crate) fn forget(&mut self) {
        *self = Self { sides: self.sides, search: self.search.take(), ..Self::default() };
    }

    pub(crate) fn difference(&self) -> Option<&Difference> {
        self.loaded.as_ref()?.as_ref().ok().map(Arc::as_ref)
    }

    pub(crate) fn says(&self) -> String {
        let mut words: Vec<String> = self.search.iter().map(|text| searched(text, self.nth)).collect();
        if let Some(diff) = self.difference() {
            let sum = |count: fn(&super::parse::DiffFile) -> Option<u64>| diff.files.iter().filter_map(count).sum();
            let (added, removed) = (sum(|f| f.added), sum(|f| f.removed));
            let files = crate::widgets::count(diff.files.len(), "file");
            words.push(format!("{files} {}", domain::figures::lines(added, removed)));
            if diff.cut {
                words.push("cut: there is more than is shown".to_owned());
            }
        }
        words.join(" · ")
    }
}
