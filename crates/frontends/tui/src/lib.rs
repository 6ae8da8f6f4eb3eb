//! The cockpit: every run on one screen, drawn from a model that only `update` changes.

mod cockpit;
mod commands;
mod effect;
mod glyphs;
mod keymap;
mod model;
mod overlays;
mod screens;
mod terminal;
mod theme;
mod update;
mod widgets;

pub use cockpit::{Options, open};
pub use commands::reference;
pub use model::TuiError;
