//! The screens.

pub(crate) mod runs;
