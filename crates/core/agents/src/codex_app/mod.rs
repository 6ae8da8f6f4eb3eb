//! Codex's app-server dialect (version 0.169): JSON-RPC on standard input and output, one thread, one turn per prompt.
//!
//! Source: the schema that `codex app-server generate-json-schema` writes, and its real streams in `tests/streams`.

mod ask;
mod read;
mod say;
mod usage;

pub(crate) use read::read;
pub(crate) use say::{answer, begin, prompt, steered};
pub(crate) use usage::{Names, exclusive};
