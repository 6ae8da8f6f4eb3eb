//! What a reviewer of a run can check, as texts and values; reading and writing files is for others.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod calls;
mod checks_xml;
mod facts;
mod history;
mod pack;
mod page;
mod reference;
pub mod report;
mod secrets;
mod spans;
mod statement;
mod summary;
mod verify;

pub use history::ProofError;
pub use pack::{NAMES, Pack, PackInput, assemble};
pub use reference::reference;
pub use secrets::Rules;
pub use spans::{Span, spans};
pub use statement::Statement;
pub use verify::{Finding, PackRepository, Verified, verify};
