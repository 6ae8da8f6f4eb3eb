//! Having the calls of a run sent, taking up new ones, and going through them.

use domain::{Body, Event, RunId};
use protocol::CallsReply;

use crate::effect::CockpitEffect;
use crate::model::Model;
use crate::screens::runs::layout;

/// Asks for the calls of the selected run, once; later ones come with its events.
pub(crate) fn load(model: &mut Model) -> Vec<CockpitEffect> {
    let wanted = model.selected().filter(|row| row.calls.is_some()).map(|row| row.id.clone());
    let Some(run) = wanted.filter(|run| model.calls.asked.as_ref() != Some(run)) else { return Vec::new() };
    model.calls.asked = Some(run.clone());
    vec![CockpitEffect::Calls { run }]
}

pub(crate) fn loaded(model: &mut Model, run: &RunId, reply: Result<CallsReply, String>) -> Vec<CockpitEffect> {
    if model.calls.asked.as_ref() == Some(run) {
        model.calls.calls = Some(reply.map(|reply| reply.calls));
    }
    Vec::new()
}

/// Takes up the calls among new events of the run that is looked into.
pub(crate) fn heard(model: &mut Model, run: &RunId, lines: &[String]) {
    let view = &mut model.calls;
    let Some(Ok(calls)) = view.calls.as_mut().filter(|_| view.asked.as_ref() == Some(run)) else { return };
    for line in lines.iter().filter(|line| line.contains("\"model.called\"")) {
        let Ok(Event { body: Body::ModelCalled(call), .. }) = Event::from_line(line) else { continue };
        // The daemon tells of some that it has sent already.
        if calls.iter().rev().all(|known| known.id != call.id) {
            calls.push(call);
            // Who reads further down keeps what they read.
            view.top += usize::from(view.top > 0);
        }
    }
}

pub(crate) fn scroll(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    // Two lines stand above the calls.
    let room = usize::from(layout(model).body.height).saturating_sub(2);
    let last = model.calls.known().len().saturating_sub(room);
    model.calls.top = model.calls.top.saturating_add_signed(by).min(last);
    Vec::new()
}
