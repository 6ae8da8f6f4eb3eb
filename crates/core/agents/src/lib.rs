//! How each coding agent is started, and how what it writes becomes events.
//!
//! Everything is pure: a session is a value, [`step`] returns the events of one line, [`due`] and [`answer`] the lines
//! to write back, and folding a run's events rebuilds the same session.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod account;
mod acp;
mod advice;
mod claude_stream;
mod codex_app;
mod counted;
mod dialect;
mod due;
mod form;
mod over;
mod plain;
mod questions;
mod redirect;
mod reference;
mod registry;
mod rehearsals;
mod rpc;
mod session;
mod short;
mod start;
mod step;
pub mod traces;
mod transcript;
mod write_id;
mod written;

pub use account::{Account, LoginFile, account};
pub use advice::advised;
pub use dialect::Dialect;
pub use due::{Write, due, is_due};
pub use over::over;
pub use redirect::{Door, GatewayAccess, GatewayHint, OpenProvider, Redirected, USUAL, provider_of};
pub use reference::reference;
pub use registry::{Agent, Program, all, find};
pub use session::Session;
pub use start::{AgentStart, AttemptPlace, Own, Task};
pub use step::{AnswerPlan, answer, end, step};
pub use transcript::Transcript;
