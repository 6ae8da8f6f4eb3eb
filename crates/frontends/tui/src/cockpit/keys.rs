//! What a key means where the person is.

use crossterm::event::{Event, KeyEvent, KeyEventKind};

use super::mouse;
use crate::action::Action;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::{Focus, Model, Tab};
use crate::overlays::Overlay;
use crate::screens::{attach, details};

/// Whose keys are in force, the innermost place first.
pub(crate) fn places(model: &Model) -> Vec<KeyPlace> {
    if let Some(attached) = &model.attached {
        return if attached.over.is_some() {
            vec![KeyPlace::Ended, KeyPlace::Attached]
        } else {
            vec![KeyPlace::Attached]
        };
    }
    match &model.overlay {
        Some(Overlay::Help(help)) if help.types => return vec![KeyPlace::Prompt],
        Some(Overlay::Help(_) | Overlay::Spend(_)) => return vec![KeyPlace::Help],
        Some(Overlay::Confirm(_)) => return vec![KeyPlace::Confirm],
        Some(Overlay::Question(_)) => return vec![KeyPlace::Question],
        Some(Overlay::Choose(_)) => return vec![KeyPlace::Choose],
        Some(Overlay::Prompt(_)) => return vec![KeyPlace::Prompt],
        Some(Overlay::Palette(_)) => return vec![KeyPlace::Palette],
        Some(Overlay::NewRun(_)) => return vec![KeyPlace::Form],
        None => {}
    }
    beneath(model)
}

/// Whose keys are in force when nothing is open over the screen.
pub(crate) fn beneath(model: &Model) -> Vec<KeyPlace> {
    if model.focus == Focus::Runs {
        return vec![KeyPlace::Runs, KeyPlace::Everywhere];
    }
    let search = details::search(model).map(|_| KeyPlace::Search);
    let tab = match model.open_tab() {
        Tab::Timeline => Some(KeyPlace::Timeline),
        Tab::Output => Some(KeyPlace::Output),
        Tab::Diff => Some(KeyPlace::Diff),
        Tab::Checks => Some(KeyPlace::Checks),
        Tab::Proof => Some(KeyPlace::Proof),
        Tab::Calls | Tab::Facts => None,
    };
    search.into_iter().chain(tab).chain([KeyPlace::Details, KeyPlace::Everywhere]).collect()
}

/// The actions of a terminal event. A key that can't be used says why; one that means nothing does nothing.
pub(crate) fn actions(model: &mut Model, keymap: &Keymap, event: Event) -> Vec<Action> {
    let places = places(model);
    let key = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return Vec::new(),
        Event::Key(key) => Some(key),
        Event::Resize(columns, rows) => return vec![Action::Resized(columns, rows)],
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => None,
    };
    if let Some(command) = key.and_then(|key| keymap.command(&places, key)) {
        model.notice = None;
        return match (command.unavailable)(model) {
            Some(why) => vec![Action::Notice(format!("{}: {why}", command.name))],
            None => vec![(command.action)()],
        };
    }
    if let Some(attached) = &model.attached {
        if let Event::Mouse(mouse) = event
            && let Some(action) = mouse::leave(model, keymap, mouse).or_else(|| mouse::scroll_back(attached, mouse))
        {
            return vec![action];
        }
        return attach::encode(&event, &attached.emulator).map(Action::Typed).into_iter().collect();
    }
    match event {
        Event::Key(key) => typed(model, keymap, &places, key),
        Event::Paste(text) if model.overlay.is_some() => vec![Action::Paste(text)],
        Event::Paste(_) => {
            vec![Action::Notice("there is nothing to paste into; n opens the form of a new run".to_owned())]
        }
        Event::Mouse(mouse) => mouse::actions(model, mouse),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => Vec::new(),
    }
}

/// Returns the actions of a key that is no command, which is text where text is typed.
fn typed(model: &mut Model, keymap: &Keymap, places: &[KeyPlace], key: KeyEvent) -> Vec<Action> {
    let types = places.iter().any(|place| matches!(place, KeyPlace::Prompt | KeyPlace::Palette | KeyPlace::Form));
    if types {
        return vec![Action::Edit(key)];
    }
    let in_details =
        [KeyPlace::Timeline, KeyPlace::Output, KeyPlace::Diff, KeyPlace::Checks, KeyPlace::Proof, KeyPlace::Details];
    let elsewhere = places.contains(&KeyPlace::Runs).then(|| keymap.command(&in_details, key)).flatten();
    if let Some(command) = elsewhere {
        return vec![Action::Notice(format!("{}: it is for the details of a run; enter opens them", command.name))];
    }
    // A notice has been read when the next key is pressed.
    match model.notice.take() {
        Some(_) => vec![Action::Read],
        None => Vec::new(),
    }
}
