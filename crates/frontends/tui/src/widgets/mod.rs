//! Pieces of the screen that more than one place uses.

mod cell;
mod rule;

pub(crate) use cell::{fit, fit_ends, fit_right};
pub(crate) use rule::rule;
