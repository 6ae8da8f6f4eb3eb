//! How each coding agent is started, and how what it writes becomes events.
//!
//! Everything is pure: a session is a value, [`step`] gives the events of one line, [`answer`] the line to write back,
//! and folding a run's events gives the same session again.

mod claude_stream;
mod plain;
mod registry;
mod session;
mod short;
mod step;
mod transcript;

pub use registry::{Agent, Dialect, Program, Start, all, find};
pub use session::Session;
pub use step::{answer, step};
pub use transcript::transcript;
