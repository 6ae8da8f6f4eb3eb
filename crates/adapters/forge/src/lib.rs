//! Where pull requests live: what every forge can do, and the one that is built in.

mod error;
mod local;
mod pull;
mod pulls_lock;

pub use error::ForgeError;
pub use local::Local;
pub use pull::{NewPull, Pull, PullMerge, Update};

use domain::event::ReviewGiven;

/// A place for pull requests. Everything may be asked for twice: what is so already is left as it is.
pub trait Forge {
    /// The forge's name in settings and rows.
    fn name(&self) -> &'static str;

    /// Opens the pull request of a run, or returns the one that it has.
    ///
    /// # Errors
    /// When the forge can't be reached or refuses.
    fn open(&self, new: &NewPull<'_>) -> Result<Pull, ForgeError>;

    /// Reads a pull request as it is now.
    ///
    /// # Errors
    /// `NoPull` when there is none of this number.
    fn pull(&self, number: u64) -> Result<Pull, ForgeError>;

    /// Sets what is said of the work, or moves the pull request between draft, open and closed.
    ///
    /// # Errors
    /// As [`pull`](Self::pull), and `Over` for one that is merged.
    fn update(&self, number: u64, update: &Update<'_>) -> Result<Pull, ForgeError>;

    /// Gives a verdict with its comments; `event` tells it from others.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    fn review(&self, number: u64, event: u64, review: &ReviewGiven) -> Result<Pull, ForgeError>;

    /// Brings the work into its base; returns the full id of the commit that the base is at then.
    ///
    /// # Errors
    /// As [`pull`](Self::pull), `NotReady` for a draft and for one that is closed, and why it does not merge.
    fn merge(&self, number: u64, merging: &PullMerge<'_>) -> Result<String, ForgeError>;
}
