//! How a face finds the daemon of its state folder, starts it when there is none, and talks to it.

mod caller;
mod connection;
mod error;
mod places;
mod start;

pub use caller::has_program;
pub use connection::{Connection, Incoming, Outgoing};
pub use error::ClientError;
pub use places::Places;
pub use start::{connect, connect_running, stop};
