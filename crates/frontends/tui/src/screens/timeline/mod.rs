//! The timeline tab: what happened in a run, the newest on top.

mod draw;
mod lines;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use draw::draw;
pub(crate) use lines::TimelineView;
pub(crate) use update::{LAST, events, fold_all, go, go_to_match, kinds, unfold};
