//! Stands between agents and their models: keeps the keys, counts what every call uses, and stops a run at its budget.
//!
//! It is a process of its own (`pilothouse __gateway HOME`), on loopback only. What it may forward stands in passes, files
//! that the daemon writes; what it measured it appends to `calls.jsonl` of the run. So either of the two can be killed and
//! goes on where it was.

mod answer;
mod call;
mod client;
mod error;
mod files;
mod forward;
mod hold;
mod keys;
mod ledger;
mod log;
mod pass;
mod prices;
mod refuse;
mod serve;
mod target;

pub use error::GatewayError;
pub use files::{Serving, is_serving, serving};
pub use keys::{Given, KeySource};
pub use log::{CallLog, Read, open_calls, read};
pub use pass::{Limits, Pass, Passes, Route};
pub use prices::PriceBook;
pub use serve::{HELD_BY_ANOTHER, LOOKED_THROUGH, READY, main};

/// The header that says which pass counts, where it does not stand in the path.
pub const TOKEN_HEADER: &str = "x-pilothouse-token";
