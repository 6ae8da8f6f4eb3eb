//! The output tab: what an agent writes, the newest line at the bottom as in a terminal.

mod draw;
mod pieces;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use draw::draw;
pub(crate) use pieces::OutputView;
pub(crate) use update::{attempt, go_to_match, more, piece, refused, scroll};
