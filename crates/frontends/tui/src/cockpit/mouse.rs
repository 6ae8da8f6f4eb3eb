//! What a click and the wheel mean, by where they happen.

use crossterm::event::{Event, KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::action::Action;
use crate::keymap::Keymap;
use crate::model::{Focus, Model};
use crate::screens::attach::{Attached, encode, way_out};
use crate::screens::details::tab_places;
use crate::screens::runs::{Layout, TableLine, layout, lines};

/// Lines that one turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn actions(model: &Model, mouse: MouseEvent) -> Vec<Action> {
    let at = Position { x: mouse.column, y: mouse.row };
    let by = match mouse.kind {
        MouseEventKind::ScrollDown => WHEEL,
        MouseEventKind::ScrollUp => -WHEEL,
        MouseEventKind::Down(MouseButton::Left) if model.overlay.is_none() => return click(model, &layout(model), at),
        _ => return Vec::new(),
    };
    if model.overlay.is_some() {
        return vec![Action::Line(by.signum())];
    }
    let parts = layout(model);
    if parts.table.contains(at) { vec![Action::Move(by.signum())] } else { vec![Action::Line(by)] }
}

fn click(model: &Model, parts: &Layout, at: Position) -> Vec<Action> {
    let within = |part: Rect| part.contains(at);
    if within(parts.table) {
        let line = usize::from(at.y - parts.table.y) + model.table_top;
        return match lines(model).get(line) {
            Some(TableLine::Row(row) | TableLine::Reason { row, .. }) => vec![Action::Select(row.id.clone())],
            _ => Vec::new(),
        };
    }
    if within(parts.title) {
        let Some(row) = model.selected() else { return Vec::new() };
        let (_, tabs) = tab_places(model, row);
        let tab = tabs.iter().find(|(_, from, to)| (*from..*to).contains(&at.x));
        return tab.map(|(tab, _, _)| Action::ShowTab(*tab)).into_iter().collect();
    }
    if (within(parts.body) || within(parts.facts)) && model.focus == Focus::Runs {
        return vec![Action::Open];
    }
    Vec::new()
}

/// A click on what the last line says of leaving leaves, which needs no key.
pub(super) fn leave(model: &Model, keymap: &Keymap, mouse: MouseEvent) -> Option<Action> {
    let hint = way_out(model.attached.as_ref()?, keymap).trim_end().len();
    let from = usize::from(model.size.0).saturating_sub(hint + 1);
    let on_it = mouse.row + 1 == model.size.1 && usize::from(mouse.column) >= from;
    (on_it && mouse.kind == MouseEventKind::Down(MouseButton::Left)).then_some(Action::Detach)
}

/// The wheel goes back in a terminal whose agent does not want the mouse; on the other screen, where there is nothing to go
/// back to, it is arrows, as in most terminals.
pub(super) fn scroll_back(attached: &Attached, mouse: MouseEvent) -> Option<Action> {
    if attached.emulator.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None {
        return None;
    }
    let (by, arrow) = match mouse.kind {
        MouseEventKind::ScrollUp => (WHEEL, KeyCode::Up),
        MouseEventKind::ScrollDown => (-WHEEL, KeyCode::Down),
        _ => return None,
    };
    if attached.emulator.screen().alternate_screen() {
        let arrow = encode(&Event::Key(arrow.into()), &attached.emulator)?;
        return Some(Action::Typed(arrow.repeat(WHEEL.unsigned_abs())));
    }
    Some(Action::ScrollBack(by))
}
