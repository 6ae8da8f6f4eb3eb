//! The diff tab: what a run has changed, read and coloured away from the drawing path.

mod colours;
mod comments;
mod cursor;
mod draw;
mod files;
mod parse;
#[cfg(test)]
mod tests;
mod update;
mod view;
mod words;

pub(crate) use colours::{Colours, colours};
pub(crate) use cursor::{at, line, under};
pub(crate) use draw::draw;
pub(crate) use parse::{Difference, parse};
pub(crate) use update::{
    asked_for_editor, coloured, go_to_match, jump, load, loaded, page, pan, show_again, side_by_side, top_line,
};
pub(crate) use view::DiffView;
