//! Pieces of the screen that more than one place uses.

mod cell;
mod marked;
mod nth;
mod number;
mod rule;
mod wrapped;

pub(crate) use cell::{fit, fit_ends, fit_right};
pub(crate) use marked::{marked, places};
pub(crate) use nth::{Nth, searched};
pub(crate) use number::count;
pub(crate) use rule::rule;
pub(crate) use wrapped::wrapped;
