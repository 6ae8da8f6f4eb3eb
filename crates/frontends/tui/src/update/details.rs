//! The details of the selected run: its timeline and its output.

use domain::describe::describe;
use domain::{Event, RunId};
use protocol::Output;

use crate::effect::Effect;
use crate::model::{KEPT, Model, OutputText, Tab, TimelineLine};

/// How far before its end a run's output is shown from, in bytes.
const TAIL: u64 = 128 << 10;

/// Has the selected run's details loaded, if they are not.
pub(super) fn look(model: &mut Model) -> Vec<Effect> {
    if model.looking == model.cursor {
        return Vec::new();
    }
    look_again(model)
}

/// Loads the selected run's details anew.
pub(super) fn look_again(model: &mut Model) -> Vec<Effect> {
    model.looking.clone_from(&model.cursor);
    model.timeline.clear();
    model.output = OutputText::default();
    model.scroll = 0;
    let mut effects = vec![Effect::Look(model.looking.clone())];
    effects.extend(more_output(model));
    effects
}

pub(super) fn events(model: &mut Model, run: &RunId, lines: &[String]) -> Vec<Effect> {
    if model.looking.as_ref() != Some(run) {
        return Vec::new();
    }
    for event in lines.iter().filter_map(|line| Event::from_line(line).ok()) {
        let known = model.timeline.back().is_some_and(|last| last.seq >= event.seq);
        let said = describe(&event);
        if !known && !said.minor {
            model.timeline.push_back(TimelineLine { seq: event.seq, at: event.at, said });
            // What is being read stays where it is while new lines come.
            if model.scroll > 0 && model.tab == Tab::Timeline {
                model.scroll += 1;
            }
        }
    }
    let over = model.timeline.len().saturating_sub(KEPT);
    model.timeline.drain(..over);
    Vec::new()
}

/// Asks for the next piece of output while its tab is open and one may have come.
pub(super) fn more_output(model: &mut Model) -> Vec<Effect> {
    let wanted = model.tab == Tab::Output && !model.output.asked && !model.output.over;
    match model.looking.clone().filter(|_| wanted) {
        Some(run) => {
            model.output.asked = true;
            vec![Effect::Output { run, from: model.output.next }]
        }
        None => Vec::new(),
    }
}

pub(super) fn output(model: &mut Model, run: &RunId, piece: Output) -> Vec<Effect> {
    if model.looking.as_ref() != Some(run) {
        return Vec::new();
    }
    let dialect = model.rows.get(run).and_then(|row| agents::find(&row.agent)).map(|agent| agent.dialect);
    let output = &mut model.output;
    output.asked = false;
    if output.next.is_none() {
        // The first answer only tells how long the file is.
        output.next = Some(piece.len.saturating_sub(TAIL));
        return more_output(model);
    }
    let nothing_new = piece.text.is_empty();
    output.next = Some(piece.next);
    output.over = piece.over && nothing_new;
    output.part.push_str(&piece.text);
    let mut added = 0;
    while let Some(end) = output.part.find('\n') {
        let line: String = output.part.drain(..=end).collect();
        let readable = agents::transcript(dialect.unwrap_or(agents::Dialect::Plain), line.trim_end().as_bytes());
        added += readable.len();
        output.lines.extend(readable);
    }
    let over = output.lines.len().saturating_sub(KEPT);
    output.lines.drain(..over);
    if model.scroll > 0 && model.tab == Tab::Output {
        model.scroll += added;
    }
    if nothing_new { Vec::new() } else { more_output(model) }
}

pub(super) fn next_tab(model: &mut Model) -> Vec<Effect> {
    let at = Tab::ALL.iter().position(|tab| *tab == model.tab).unwrap_or(0);
    model.tab = Tab::ALL[(at + 1) % Tab::ALL.len()];
    model.scroll = 0;
    more_output(model)
}

/// Scrolls by lines; up is negative and goes into the past.
pub(super) fn scroll(model: &mut Model, by: isize) -> Vec<Effect> {
    let most = match model.tab {
        Tab::Timeline => model.timeline.len(),
        Tab::Output => model.output.lines.len(),
    };
    model.scroll = match model.tab {
        // The newest event is on top, the newest output at the bottom.
        Tab::Timeline => model.scroll.saturating_add_signed(by),
        Tab::Output => model.scroll.saturating_add_signed(by.saturating_neg()),
    }
    .min(most.saturating_sub(1));
    Vec::new()
}
