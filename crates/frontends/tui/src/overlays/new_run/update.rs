//! Opening, filling and sending the form.

use protocol::{Choices, Field, LastChoice, Row};

use super::form::{FormField, NewRunForm, entry_of};
use crate::effect::CockpitEffect;
use crate::model::Model;
use crate::overlays::Overlay;
use crate::screens::runs;

/// Opens the form: what was left unsent is in it again.
pub(crate) fn new_run(model: &mut Model) -> Vec<CockpitEffect> {
    let mut form = model.draft.take().unwrap_or_default();
    // Among runs of several repositories it is for the one under the cursor.
    let here = model.selected().filter(|_| model.all).map(|row| row.repo.clone().into());
    form.folder = here.or_else(|| model.folder.clone());
    let asked = form.folder.clone().map(CockpitEffect::Choices);
    model.overlay = Some(Overlay::NewRun(form));
    asked.into_iter().collect()
}

fn with(model: &mut Model, change: impl FnOnce(&mut NewRunForm)) -> Vec<CockpitEffect> {
    if let Some(Overlay::NewRun(form)) = &mut model.overlay {
        change(form);
    }
    Vec::new()
}

/// Takes up what can be chosen. The last choices are put into fields that nobody has touched.
pub(crate) fn choices(model: &mut Model, choices: Choices) -> Vec<CockpitEffect> {
    with(model, |form| {
        let last = choices.last.clone().filter(|_| form.choices.is_none());
        form.choices = Some(choices);
        // A budget is of one task: what the last one might cost says nothing of this one.
        let Some(LastChoice { agent, model, base, phases, policy, .. }) = last else { return };
        let fields = [
            (FormField::Agent, agent),
            (FormField::Model, model.unwrap_or_default()),
            (FormField::Base, base),
            (FormField::Phases, phases.join(", ")),
            (FormField::Policy, policy.map(|policy| policy.word().to_owned()).unwrap_or_default()),
        ];
        for (entry, text) in fields {
            if form.text(entry).is_empty() {
                form.set(entry, &domain::text::line(&text));
            }
        }
    })
}

pub(crate) fn field(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    with(model, |form| {
        let at = FormField::ALL.iter().position(|entry| *entry == form.at).unwrap_or(0);
        let count = FormField::ALL.len().cast_signed();
        form.focus(FormField::ALL[(at.cast_signed() + by).rem_euclid(count).cast_unsigned()]);
    })
}

/// Chooses the next option of a field that has some; else goes to the line below or the next field.
pub(crate) fn choice(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let Some(Overlay::NewRun(form)) = &mut model.overlay else { return Vec::new() };
    let lines = form.input(FormField::Task).lines().len();
    let row = form.input(FormField::Task).cursor().0;
    match form.at {
        FormField::Task if (by < 0 && row > 0) || (by > 0 && row + 1 < lines) => {
            let code = if by < 0 { crossterm::event::KeyCode::Up } else { crossterm::event::KeyCode::Down };
            form.edit(crossterm::event::KeyEvent::new(code, crossterm::event::KeyModifiers::NONE));
            Vec::new()
        }
        FormField::Agent
        | FormField::Model
        | FormField::Base
        | FormField::Phases
        | FormField::Policy
        | FormField::Mode
            if !form.options(form.at).is_empty() =>
        {
            let options = form.options(form.at);
            let typed = form.text(form.at);
            let count = options.len().cast_signed();
            let next = match options.iter().position(|option| *option == typed) {
                Some(at) => (at.cast_signed() + by).rem_euclid(count),
                None if by > 0 => 0,
                None => count - 1,
            };
            let (entry, text) = (form.at, options[next.cast_unsigned()].clone());
            form.problem = None;
            form.set(entry, &text);
            if entry == FormField::Agent {
                // Another agent has other models.
                form.set(FormField::Model, "");
            }
            Vec::new()
        }
        FormField::Count => {
            let now: i64 = form.text(FormField::Count).trim().parse().unwrap_or(1);
            let next = now.saturating_sub(by as i64).clamp(1, 100);
            form.problem = None;
            form.set(FormField::Count, &next.to_string());
            Vec::new()
        }
        _ => field(model, by),
    }
}

/// Sends the request; the form stays until it is known to be good.
pub(crate) fn accept(model: &mut Model, mut form: Box<NewRunForm>) -> Vec<CockpitEffect> {
    let Some(folder) = form.folder.clone() else { return Vec::new() };
    let mut effects = Vec::new();
    if !form.sending {
        match form.request(folder) {
            Ok(request) => {
                (form.sending, form.problem) = (true, None);
                effects.push(CockpitEffect::Run(request));
            }
            Err((entry, why)) => {
                form.focus(entry);
                form.problem = Some((Some(entry), why));
            }
        }
    }
    model.overlay = Some(Overlay::NewRun(form));
    effects
}

/// Leaves the form; what was typed is there when it is opened again.
pub(crate) fn close(model: &mut Model, mut form: Box<NewRunForm>) -> Vec<CockpitEffect> {
    if !form.text(FormField::Task).trim().is_empty() {
        (form.problem, form.sending) = (None, false);
        model.draft = Some(form);
        model.notice = Some("the task is kept; n opens it again".to_owned());
    }
    Vec::new()
}

pub(crate) fn mistake(model: &mut Model, field: Field, why: String) -> Vec<CockpitEffect> {
    if !matches!(model.overlay, Some(Overlay::NewRun(_))) {
        model.notice = Some(why);
        return Vec::new();
    }
    with(model, |form| {
        form.sending = false;
        form.focus(entry_of(field));
        form.problem = Some((Some(form.at), why));
    })
}

/// The runs exist: the form closes and the cursor goes to the first of them.
pub(crate) fn started(model: &mut Model, rows: Vec<Row>) -> Vec<CockpitEffect> {
    if matches!(&model.overlay, Some(Overlay::NewRun(form)) if form.sending) {
        model.overlay = None;
    }
    // What was sent and left before the answer came is no draft any more.
    model.draft = None;
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    model.notice = Some(match names.as_slice() {
        [one] => format!("started {one}"),
        [first, .., last] => format!("started {} runs, {first} to {last}", names.len()),
        [] => return Vec::new(),
    });
    let first = rows.first().map(|row| row.id.clone());
    let mut effects = runs::take_up(model, rows);
    if let Some(first) = first.filter(|id| model.order.contains(id)) {
        model.cursor = Some(first);
        effects.extend(crate::screens::details::look(model));
    }
    effects
}
