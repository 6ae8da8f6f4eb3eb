//! Attaching, typing, resizing and leaving.

use domain::RunId;

use super::Attached;
use crate::effect::CockpitEffect;
use crate::model::{Focus, Model, Tab};
use crate::screens::details;

/// The size an agent's terminal has here: all of the screen but the last line.
fn room(model: &Model) -> (u16, u16) {
    (model.size.0.max(1), model.size.1.saturating_sub(1).max(1))
}

/// Asks for the terminal of the selected run; an agent without one shows what it writes.
pub(crate) fn attach(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(row) = model.selected().cloned() else { return Vec::new() };
    if row.mode != "interactive" {
        model.notice = Some(format!("{} has no terminal of its own; this is what it writes", row.name));
        (model.tab, model.focus, model.zoomed) = (Tab::Output, Focus::Details, true);
        return details::open(model);
    }
    let (columns, rows) = room(model);
    vec![CockpitEffect::Attach { run: row.id, columns, rows }]
}

/// Opens the terminal's screen, which the daemon sends from now on, from its beginning.
pub(crate) fn attached(model: &mut Model, run: RunId, columns: u16, rows: u16) -> Vec<CockpitEffect> {
    let name = model.rows.get(&run).map_or_else(|| run.to_string(), |row| domain::text::line(&row.name));
    let mut new = Attached::new(run, name, columns, rows);
    if model.attached.as_ref().is_some_and(|before| before.may_have_lost && before.run == new.run) {
        new.note = Some("no daemon for a moment: keys may be lost".to_owned());
    }
    let before = model.attached.replace(new);
    let mut effects = before.map(|before| before.leave()).unwrap_or_default();
    model.overlay = None;
    // The size may have changed while it was asked for.
    effects.extend(resized(model));
    effects
}

/// Goes back by lines in what the terminal showed.
pub(crate) fn scroll_back(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    if let Some(attached) = &mut model.attached {
        let screen = attached.emulator.screen_mut();
        let lines = screen.scrollback().saturating_add_signed(by);
        screen.set_scrollback(lines);
    }
    Vec::new()
}

/// Keeps the terminal until there is a daemon again; keys that are meant for the agent go nowhere else meanwhile.
pub(crate) fn away(model: &mut Model) {
    if let Some(attached) = model.attached.as_mut().filter(|attached| attached.over.is_none()) {
        attached.away = true;
        // The daemon takes no longer to hand a key on.
        let just_typed = attached.typed_at.is_some_and(|at| model.now.since(at) <= 2_000);
        attached.may_have_lost |= just_typed;
    }
}

/// Asks another daemon for the terminal that the one before it showed.
pub(crate) fn again(model: &mut Model) -> Vec<CockpitEffect> {
    let (columns, rows) = room(model);
    let Some(attached) = model.attached.as_ref().filter(|attached| attached.away) else { return Vec::new() };
    vec![CockpitEffect::Attach { run: attached.run.clone(), columns, rows }]
}

/// Takes up what the terminal shows next.
pub(crate) fn shown(
    model: &mut Model,
    run: &RunId,
    text: &str,
    size: Option<(u16, u16)>,
    live: bool,
) -> Vec<CockpitEffect> {
    let clipboard = model.clipboard;
    let Some(attached) = model.attached.as_mut().filter(|attached| attached.run == *run) else { return Vec::new() };
    if let Some((columns, rows)) = size {
        attached.emulator.set_size(columns, rows);
    }
    let mut heard = Vec::new();
    attached.emulator.process(text.as_bytes(), |_, piece| heard.extend(terminal::told(piece)));
    attached.tell(heard, live, clipboard)
}

/// Shows that nothing comes any more, and why; what was shown stays to be read.
pub(crate) fn detached(model: &mut Model, run: &RunId, why: String) -> Vec<CockpitEffect> {
    if let Some(attached) = model.attached.as_mut().filter(|attached| attached.run == *run) {
        (attached.over, attached.away) = (Some(domain::text::line(&why)), false);
    }
    Vec::new()
}

pub(crate) fn typed(model: &mut Model, data: String) -> Vec<CockpitEffect> {
    let Some(attached) = &mut model.attached else { return Vec::new() };
    if attached.over.is_some() || data.is_empty() {
        return Vec::new();
    }
    if attached.away {
        attached.may_have_lost = true;
        return Vec::new();
    }
    attached.typed_at = Some(model.now);
    attached.emulator.screen_mut().set_scrollback(0);
    attached.note = None;
    vec![CockpitEffect::Type { run: attached.run.clone(), data }]
}

pub(crate) fn resized(model: &mut Model) -> Vec<CockpitEffect> {
    let (columns, rows) = room(model);
    let Some(attached) = model.attached.as_ref().filter(|attached| attached.over.is_none()) else { return Vec::new() };
    vec![CockpitEffect::Resize { run: attached.run.clone(), columns, rows }]
}

/// Goes back to the runs, or out where nothing else was opened.
pub(crate) fn detach(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(attached) = model.attached.take() else { return Vec::new() };
    let mut effects = attached.leave();
    effects.push(CockpitEffect::Detach(attached.run));
    if model.only_attach {
        effects.push(CockpitEffect::Leave);
    }
    effects
}
