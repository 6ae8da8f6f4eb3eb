//! What the keys of an open window do.

use crossterm::event::KeyEvent;
use domain::command::Command;

use super::{Confirm, Help, Overlay, new_run, one_line, palette, prompt, spend, window};
use crate::effect::CockpitEffect;
use crate::keymap::Keymap;
use crate::model::Model;

/// The most that is taken of one paste into a form; the rest is said to be left out.
const LONGEST: usize = 4 << 20;
/// Lines that are taken of one paste.
const MOST_LINES: usize = 50_000;

/// Says yes to what is open.
pub(crate) fn accept(model: &mut Model) -> Vec<CockpitEffect> {
    match model.overlay.take() {
        None => Vec::new(),
        // What is searched for in the help stays in force while its keys are read.
        Some(Overlay::Help(help)) if help.types => {
            model.overlay = Some(Overlay::Help(Box::new(Help { types: false, ..*help })));
            Vec::new()
        }
        Some(Overlay::Help(_) | Overlay::Spend(_) | Overlay::Question(_)) => Vec::new(),
        Some(Overlay::Confirm(confirm)) => {
            if confirm.waits || confirm.runs.is_empty() {
                model.overlay = confirm.waits.then_some(Overlay::Confirm(confirm));
                return Vec::new();
            }
            // A yes goes on to what was not seen yet, and is one when there is no more.
            if !window::is_read(confirm.height(model.size.0), model.size.1, confirm.top) {
                let top = confirm.top + window::page(model.size.1);
                model.overlay = Some(Overlay::Confirm(Confirm { top, ..confirm }));
                return Vec::new();
            }
            model.marks.clear();
            vec![CockpitEffect::Act { runs: confirm.runs, command: confirm.command, asked: true }]
        }
        Some(Overlay::Choose(choose)) => {
            let to = choose.checkpoints.get(choose.at).map(|checkpoint| checkpoint.n);
            to.map(|to| CockpitEffect::Act { runs: vec![choose.run], command: Command::Rollback { to }, asked: true })
                .into_iter()
                .collect()
        }
        Some(Overlay::Prompt(prompt)) => prompt::accept(model, prompt),
        Some(Overlay::Palette(palette)) => palette::accept(model, &palette),
        Some(Overlay::NewRun(form)) => new_run::accept(model, form),
    }
}

pub(crate) fn close(model: &mut Model) -> Vec<CockpitEffect> {
    match model.overlay.take() {
        // The first one takes the search away.
        Some(Overlay::Help(help)) if help.types || !help.find.is_empty() => {
            model.overlay = Some(Overlay::Help(Box::new(Help { types: false, find: one_line(""), top: 0, ..*help })));
            Vec::new()
        }
        Some(Overlay::Prompt(prompt)) => prompt::close(model, prompt),
        Some(Overlay::NewRun(form)) => new_run::close(model, form),
        _ => Vec::new(),
    }
}

/// Goes up or down in what is open.
pub(crate) fn line(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let lines_of_spend = match &model.overlay {
        Some(Overlay::Spend(open)) => spend::count(open, model),
        _ => 0,
    };
    match &mut model.overlay {
        Some(Overlay::Spend(open)) => {
            open.top = open.top.saturating_add_signed(by).min(window::last_top(lines_of_spend, model.size.1));
        }
        Some(Overlay::Help(help)) => {
            let lines = help.height(&Keymap::built_in(), model.size.0);
            help.top = help.top.saturating_add_signed(by).min(window::last_top(lines, model.size.1));
        }
        Some(Overlay::Confirm(confirm)) => {
            let last = window::last_top(confirm.height(model.size.0), model.size.1);
            confirm.top = confirm.top.saturating_add_signed(by).min(last);
        }
        Some(Overlay::Question(question)) => {
            let last = window::last_top(question.height(model.size.0), model.size.1);
            question.top = question.top.saturating_add_signed(by).min(last);
        }
        Some(Overlay::Choose(choose)) => {
            choose.at = choose.at.saturating_add_signed(by).min(choose.checkpoints.len().saturating_sub(1));
        }
        Some(Overlay::Palette(_)) => palette::line(model, by),
        Some(Overlay::Prompt(_) | Overlay::NewRun(_)) | None => {}
    }
    Vec::new()
}

/// Types a key that is text.
pub(crate) fn edit(model: &mut Model, key: KeyEvent) -> Vec<CockpitEffect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.input.input(key);
            prompt::typed(model)
        }
        Some(Overlay::Palette(palette)) => {
            if palette.input.input(key) {
                palette.at = 0;
            }
            Vec::new()
        }
        Some(Overlay::Help(help)) => {
            help.find.input(key);
            help.top = 0;
            Vec::new()
        }
        Some(Overlay::NewRun(form)) => {
            form.edit(key);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Begins a new line in what an agent reads.
pub(crate) fn new_line(model: &mut Model) -> Vec<CockpitEffect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.new_line(),
        Some(Overlay::NewRun(form)) => form.new_line(),
        _ => {}
    }
    Vec::new()
}

/// Has the person's editor open what an agent reads.
pub(crate) fn edit_outside(model: &mut Model) -> Vec<CockpitEffect> {
    let text = match &model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.for_editor(),
        Some(Overlay::NewRun(form)) => Some(form.text(new_run::FormField::Task)),
        _ => None,
    };
    text.map(CockpitEffect::EditText).into_iter().collect()
}

/// Takes a text as the editor left it.
pub(crate) fn edited(model: &mut Model, text: &str) -> Vec<CockpitEffect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.edited(text),
        Some(Overlay::NewRun(form)) => form.set(new_run::FormField::Task, domain::text::block(text).trim_end()),
        _ => {}
    }
    Vec::new()
}

/// Takes away what stands in the field that is typed into.
pub(crate) fn clear(model: &mut Model) -> Vec<CockpitEffect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.input = one_line("");
            prompt::typed(model)
        }
        Some(Overlay::Palette(palette)) => {
            (palette.input, palette.at) = (one_line(""), 0);
            Vec::new()
        }
        Some(Overlay::Help(help)) => {
            (help.find, help.top) = (one_line(""), 0);
            Vec::new()
        }
        Some(Overlay::NewRun(form)) => {
            form.problem = None;
            form.set(form.at, "");
            Vec::new()
        }
        _ => Vec::new(),
    }
}

pub(crate) fn paste(model: &mut Model, text: &str) -> Vec<CockpitEffect> {
    // Terminals send the ends of pasted lines as the enter key does.
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.match_indices('\n').nth(MOST_LINES).map_or(text.len(), |(at, _)| at);
    let cut = (0..=LONGEST.min(lines)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    if cut < text.len() {
        let taken = domain::figures::bytes(cut as u64);
        model.notice = Some(format!("the paste was cut: only its first {taken} were taken"));
        text.truncate(cut);
    }
    // Pasted text may hold anything; only what an agent reads keeps its lines.
    let line = domain::text::line(&text);
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.paste(&text);
            prompt::typed(model)
        }
        Some(Overlay::Palette(palette)) => {
            palette.input.insert_str(line);
            palette.at = 0;
            Vec::new()
        }
        Some(Overlay::Help(help)) if help.types => {
            help.find.insert_str(line);
            help.top = 0;
            Vec::new()
        }
        Some(Overlay::NewRun(form)) => {
            form.paste(&domain::text::block(&text));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Shows that what an open window asked for was refused, and why.
pub(crate) fn refused(model: &mut Model, why: String) -> Vec<CockpitEffect> {
    match &mut model.overlay {
        Some(Overlay::NewRun(form)) if form.sending => {
            form.sending = false;
            form.problem = Some((None, why));
        }
        _ => model.notice = Some(why),
    }
    Vec::new()
}

/// Shows that the daemon that was asked is gone, and with it the answer.
pub(crate) fn asked_in_vain(model: &mut Model) {
    match &mut model.overlay {
        Some(Overlay::NewRun(form)) if form.sending => {
            form.sending = false;
            form.problem =
                Some((None, "the daemon went away before it answered; look whether the run is there".to_owned()));
        }
        Some(Overlay::Confirm(confirm)) if confirm.waits => model.overlay = None,
        _ => {}
    }
}
