//! Drawing what lies over the screen.

use ratatui::Frame;

use super::{Overlay, choose, confirm, help, new_run, palette, prompt, question, spend};
use crate::keymap::Keymap;
use crate::model::Model;
use crate::theme::Theme;

pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help(open)) => help::draw(open, keymap, theme, frame),
        Some(Overlay::Spend(spend)) => spend::draw(spend, model, keymap, theme, frame),
        Some(Overlay::Confirm(confirm)) => confirm::draw(confirm, keymap, theme, frame),
        Some(Overlay::Question(question)) => question::draw(question, keymap, theme, frame),
        Some(Overlay::Choose(choose)) => choose::draw(choose, model, keymap, theme, frame),
        Some(Overlay::Prompt(prompt)) => prompt::draw(prompt, model, theme, frame),
        Some(Overlay::Palette(palette)) => palette::draw(palette, model, keymap, theme, frame),
        Some(Overlay::NewRun(form)) => new_run::draw(form, keymap, theme, frame),
    }
}
