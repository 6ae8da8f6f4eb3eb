//! Claude Code's stream-json dialect (version 2.1), also spoken by the rehearsal agent.
//!
//! The schema is the one that its real streams show; the fixtures in `tests/streams` are such streams.

mod ask;
mod background;
mod failed;
mod read;
mod say;
mod usage;

pub(crate) use read::{about, read};
pub(crate) use say::{answer, prompt};
pub(crate) use usage::{ASIDE, RESULT, of_message};
