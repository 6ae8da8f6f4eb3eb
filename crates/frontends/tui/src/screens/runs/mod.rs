//! The runs screen: what needs a person first, everything else below it, details of the selected run.

mod columns;
mod draw;
mod first_run;
mod layout;
mod merging;
mod notice;
mod reasons;
#[cfg(test)]
mod tests;
mod update;
mod verbs;
mod welcome;
mod why;
mod widths;

pub(crate) use draw::{because_spans, draw};
pub use first_run::Welcome;
pub(crate) use layout::{Layout, TableLine, layout, lines};
pub(crate) use reasons::{because, details_room, is_whole};
pub(crate) use update::{
    by_repository, go, keep_in_view, mark, mark_all, next_in_need, regroup, replace, select, show_finished, sort,
    take_up, take_up_observed,
};
pub(crate) use verbs::{answer, copy, editor, pull_request, tell_merge_anew, verb};
pub(crate) use why::why;
pub(crate) use widths::WIDE;
