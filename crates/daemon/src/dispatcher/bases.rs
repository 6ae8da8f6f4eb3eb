//! The bases that clients were told of, by repository.

use std::collections::BTreeMap;

use protocol::Base;

/// The base that was told last of each repository.
#[derive(Default)]
pub(super) struct Bases {
    pub(super) told: BTreeMap<String, Base>,
}
