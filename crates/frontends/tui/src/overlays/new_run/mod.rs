//! The form for a new run.

mod draw;
mod form;
mod update;

pub(crate) use draw::draw;
pub(crate) use form::NewRun;
pub(crate) use update::{
    accept, choice, choices, close, edit_outside, edited, field, mistake, new_line, new_run, started,
};
