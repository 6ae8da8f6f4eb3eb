//! The Agent Client Protocol (version 1): JSON-RPC on standard input and output, spoken by many agents.
//!
//! Source: agentclientprotocol.com, and the real streams in `tests/streams` of those who speak it.

mod read;
mod say;
mod usage;

pub(crate) use read::{read, whole};
pub(crate) use say::{answer, begin, goes_on, prompt};
