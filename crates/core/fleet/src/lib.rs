//! The fleet: what all runs share, and who of them may go on.
//!
//! A run decides by its own state what it does next (`domain::decide`). Whether it may begin, spend or go on beside the others is
//! decided here, from values alone: no clock, no file, no process. Leases, batches and the landing queue are further shares of
//! the same kind; each becomes a field of [`FleetState`] and a kind of [`Grant`].

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod budgets;
mod grants;
mod turns;
mod yielding;

pub use budgets::SharedSpend;
pub use grants::{FleetState, FreeSpace, Grant, WaitingRun, decide};
pub use turns::LimitTurns;
pub use yielding::yields;
