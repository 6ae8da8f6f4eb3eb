//! The details of the selected run: its tabs, and its facts beside them or as one of them.

mod draw;
mod facts;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use draw::{draw, tab_places};
pub(crate) use update::{
    back, changed, go_to_match, line, look, look_again, open, page, search, set_search, show, show_checks, show_diff,
    tab, zoom,
};
