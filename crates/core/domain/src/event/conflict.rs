//! Data of the events by which it becomes known that runs get into each other's way.

use serde::{Deserialize, Serialize};

use crate::figures;
use crate::ids::RunId;

/// A run's work, committed or not, does not come together with that of another, or with its base as that is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictFound {
    /// The other run; `None`: the base.
    #[serde(default)]
    pub with: Option<RunId>,
    /// The other run's name, or the base's.
    pub name: String,
    /// The paths that both changed in ways that don't fit.
    pub paths: Vec<String>,
    /// Whether this run is the younger one, which is to give way.
    #[serde(default)]
    pub yields: bool,
}

/// A conflict is over: the two come together by now, or the other is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictCleared {
    #[serde(default)]
    pub with: Option<RunId>,
    pub name: String,
}

/// Paths that are named, at most.
pub const NAMED: usize = 3;

impl ConflictFound {
    /// `cart-fix in src/cart.rs, src/lib.rs`.
    pub fn says(&self) -> String {
        format!("{} in {}", self.name, figures::first_of(&self.paths, NAMED))
    }
}
