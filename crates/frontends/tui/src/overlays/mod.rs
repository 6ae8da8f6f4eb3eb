//! What lies over the screen: help, palette, a line to type, a list to choose from, a yes to give, the new-run form.

mod asking;
mod choose;
mod confirm;
mod draw;
mod help;
pub(crate) mod new_run;
mod palette;
mod prompt;
mod question;
mod spend;
#[cfg(test)]
mod tests;
mod update;
mod window;

pub(crate) use asking::Asking;
pub(crate) use choose::{Choose, checkpoints};
pub(crate) use confirm::{Confirm, not_removable, removable};
pub(crate) use draw::draw;
pub(crate) use help::{Help, help};
pub(crate) use new_run::{NewRunForm, choice, choices, field, mistake, new_run, started};
pub(crate) use palette::{Palette, palette};
pub(crate) use prompt::{Prompt, ask_answer, ask_changes, ask_comment, find};
pub(crate) use question::{OpenQuestion, answer_open, question};
pub(crate) use spend::{Spend, spend, spent};
pub(crate) use update::{
    accept, asked_in_vain, clear, close, edit, edit_outside, edited, line, new_line, paste, refused,
};

#[derive(Debug, Clone)]
pub(crate) enum Overlay {
    Help(Box<Help>),
    Spend(Box<Spend>),
    Confirm(Confirm),
    Question(OpenQuestion),
    Choose(Choose),
    Prompt(Prompt),
    Palette(Palette),
    NewRun(Box<NewRunForm>),
}

/// A field of one line to type into.
pub(crate) fn one_line(text: &str) -> ratatui_textarea::TextArea<'static> {
    let mut area = ratatui_textarea::TextArea::new(vec![text.to_owned()]);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.move_cursor(ratatui_textarea::CursorMove::End);
    area
}
