//! What a key means where the person is.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::keymap::Keymap;
use crate::model::Model;
use crate::overlays::Overlay;
use crate::update::Action;

/// The actions of a terminal event. A key that can't be used says why; one that means nothing does nothing.
pub(crate) fn actions(model: &mut Model, keymap: &Keymap, event: Event) -> Vec<Action> {
    let key = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        Event::Paste(text) => return vec![Action::Paste(text)],
        _ => return Vec::new(),
    };
    model.notice = None;
    if let Some(overlay) = &model.overlay {
        return in_overlay(overlay, key).into_iter().collect();
    }
    let Some(command) = keymap.command(key) else { return Vec::new() };
    match (command.unavailable)(model) {
        Some(why) => vec![Action::Notice(format!("{}: {why}", command.name))],
        None => vec![(command.action)()],
    }
}

fn in_overlay(overlay: &Overlay, key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (overlay, key.code) {
        (_, KeyCode::Esc) => Some(Action::Back),
        (_, KeyCode::Char('c')) if control => Some(Action::Leave),
        (Overlay::Help, KeyCode::Char('?' | 'q') | KeyCode::Enter) => Some(Action::Back),
        (Overlay::Terminate(_), KeyCode::Enter | KeyCode::Char('y')) => Some(Action::Confirm),
        (Overlay::Terminate(_), KeyCode::Char('n' | 'q')) => Some(Action::Back),
        (Overlay::NewRun(_), KeyCode::Enter) => Some(Action::Confirm),
        (Overlay::NewRun(_), KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down) => Some(Action::NextField),
        (Overlay::NewRun(_), KeyCode::Backspace) => Some(Action::Backspace),
        (Overlay::NewRun(_), KeyCode::Char('j')) if control => Some(Action::Paste("\n".to_owned())),
        (Overlay::NewRun(_), KeyCode::Char(c)) if !control => Some(Action::Type(c)),
        _ => None,
    }
}
