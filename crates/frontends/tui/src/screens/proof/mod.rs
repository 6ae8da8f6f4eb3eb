//! The proof tab: the score with its parts, and whether the gate is open.

mod draw;
#[cfg(test)]
mod tests;

pub(crate) use draw::draw;
pub(crate) use update::scroll;

mod update;
