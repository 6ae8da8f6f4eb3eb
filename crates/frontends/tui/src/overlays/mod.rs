//! What lies over the screen: help, the new-run form, and the question before something is ended.

mod draw;
mod new_run;

pub(crate) use draw::draw;
pub(crate) use new_run::{Field, NewRun};

use domain::RunId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Overlay {
    Help,
    NewRun(NewRun),
    Terminate(Confirm),
}

/// The run that is to be ended; bound to its id, whatever moves on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Confirm {
    pub(crate) run: RunId,
    pub(crate) name: String,
}
