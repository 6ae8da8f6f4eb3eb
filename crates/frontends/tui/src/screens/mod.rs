//! The screens: the table of runs, the views of one run, and an agent's own terminal.

pub(crate) mod attach;
pub(crate) mod calls;
pub(crate) mod checks;
pub(crate) mod details;
pub(crate) mod diff;
pub(crate) mod output;
pub(crate) mod proof;
pub(crate) mod runs;
pub(crate) mod timeline;
