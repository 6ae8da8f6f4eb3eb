//! What agents write of their sessions into their own folders while a person uses them; read and never written.

mod follow;
mod told;

pub use told::{Seen, Transcripts};
