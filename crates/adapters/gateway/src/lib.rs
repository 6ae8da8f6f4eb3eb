//! Stands between agents and their models: keeps the keys, counts what every call uses, and stops a run at its budget.
//!
//! It is a process of its own (`pilothouse __gateway`), on loopback only. Its daemon tells it on standard input which keys
//! there are and the only addresses that each goes to, and by a socket in the state folder which attempts may ask, by passes.
//! No file says either, since an agent may write files. What it measured it appends to `calls.jsonl` of the run. So either of
//! the two can be killed and goes on where it was.

mod answer;
mod body;
mod bound;
mod call;
mod client;
mod connections;
mod control;
mod error;
mod files;
mod forward;
mod gateway;
mod hold;
mod kept;
mod keys;
mod ledger;
mod log;
mod pass;
mod pass_book;
mod passes;
mod prices;
mod refuse;
mod reserved;
mod serve;
mod shape;
mod target;
mod writer;

pub use control::GatewayStatus;
pub use error::GatewayError;
pub use files::{Serving, is_serving, serving};
pub use keys::{GivenKeys, KeySource, unknown_key};
pub use log::{CallLog, CallsRead, open_calls, read};
pub use pass::{ByName, GatewayStart, Limits, Pass, Route, name_of};
pub use passes::{Passes, TakenOver};
pub use prices::PriceBook;
pub use serve::{HELD_BY_ANOTHER, LOOKED_THROUGH, READY, main};

/// The header that says which pass counts, where it does not stand in the path.
pub const TOKEN_HEADER: &str = "x-pilothouse-token";
