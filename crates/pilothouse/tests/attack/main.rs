//! What an agent, a repository or a broken file can do to a person: every case is a script that a real agent process runs.

mod base;
mod diffs;
mod elsewhere;
mod mended;
mod odd;
mod stage;
mod trees;

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
