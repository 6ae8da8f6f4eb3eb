//! The form for a new run.

mod draw;
mod form;
mod update;

pub(crate) use draw::draw;
pub(crate) use form::{FormField, NewRunForm};
pub(crate) use update::{accept, choice, choices, close, field, mistake, new_run, started};
