//! What a run is: the events that happen to it, the state folded from them, and what to do next.
//!
//! Everything here is a pure function of values: no clock, no file, no process, no network.

// A kind of event, effect or command that is added later is seen in every place that must know it.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod attempt;
pub mod budget;
pub mod call;
pub mod check;
pub mod checkpoint;
pub mod clock;
pub mod command;
pub mod comment;
pub mod decide;
pub mod describe;
pub mod digest;
pub mod docs;
pub mod doing;
pub mod effect;
pub mod environment;
pub mod escape;
pub mod event;
pub mod exam;
pub mod figures;
pub mod fold;
pub mod gate;
pub mod git_variables;
pub mod group;
pub mod handover;
pub mod ids;
pub mod key_values;
pub mod money;
pub mod name;
pub mod phase;
pub mod policy;
pub mod proof;
pub mod pull_request;
pub mod question;
mod rest;
pub mod run;
pub mod score;
pub mod spend;
pub mod status;
pub mod text;
pub mod times;
pub mod timestamp;
pub mod tokens;
pub mod untold;

pub use event::{Body, Event, Source};
pub use ids::RunId;
pub use run::RunState;
pub use status::Status;
pub use timestamp::Timestamp;
