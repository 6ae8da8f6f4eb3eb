//! The cockpit: every run on one screen, drawn from a model that only `update` changes.

mod action;
mod cockpit;
mod commands;
mod console;
mod effect;
mod glyphs;
mod keymap;
mod model;
mod notify;
mod overlays;
mod screen;
mod screens;
#[cfg(test)]
mod testing;
mod theme;
mod update;
mod widgets;

pub use cockpit::{Options, open, open_on};
pub use commands::reference;
pub use console::Console;
pub use keymap::{Keymap, KeymapError};
pub use model::TuiError;
pub use notify::NotifyWay;
pub use screens::runs::Welcome;
pub use theme::{Theme, ThemeError};
