//! Every command and every run by name, found by a few of its letters.

use domain::RunId;
use domain::command::Answer;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui_textarea::TextArea;

use super::window::{self, keys};
use super::{Overlay, one_line};
use crate::action::Action;
use crate::commands::{self, CommandKind, KeyCommand};
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::screens::runs;
use crate::theme::{Role, Theme};
use crate::update::update;
use crate::widgets::{fit, wrapped};

#[derive(Debug, Clone)]
pub(crate) struct Palette {
    pub(crate) input: TextArea<'static>,
    pub(crate) at: usize,
}

/// A command or a run that can be chosen.
#[derive(Debug, Clone)]
pub(super) enum PaletteEntry {
    Command(&'static KeyCommand),
    Run(RunId, String),
}

impl PaletteEntry {
    fn text(&self) -> String {
        match self {
            Self::Command(command) => format!("{} {}", command.name, command.doc),
            Self::Run(_, name) => format!("go to {name}"),
        }
    }
}

pub(crate) fn palette(model: &mut Model) -> Vec<CockpitEffect> {
    model.overlay = Some(Overlay::Palette(Palette { input: one_line(""), at: 0 }));
    Vec::new()
}

/// Returns the entries that match what was typed, the best first.
pub(super) fn entries(model: &Model, palette: &Palette) -> Vec<PaletteEntry> {
    let commands = commands::ALL.iter().filter(|command| command.in_palette()).map(PaletteEntry::Command);
    let runs = model.shown().into_iter().map(|row| PaletteEntry::Run(row.id.clone(), domain::text::line(&row.name)));
    let all = commands.chain(runs);
    let typed = palette.input.lines().join(" ");
    if typed.trim().is_empty() {
        return all.collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
    let wanted = typed.trim().to_lowercase();
    let mut scored: Vec<((u8, u32), PaletteEntry)> = all
        .filter_map(|entry| {
            let (name, usable) = match &entry {
                PaletteEntry::Command(command) => (command.name, (command.unavailable)(model).is_none()),
                PaletteEntry::Run(_, name) => (name.as_str(), true),
            };
            // What is called so comes first, also when it can't be done: then it says why.
            let how = match score(name) {
                Some(_) if name.to_lowercase() == wanted => (4, 0),
                Some(score) if name.to_lowercase().starts_with(&wanted) => (3, score),
                Some(score) => (1 + u8::from(usable), score),
                // In a description only whole beginnings of words count: nobody who types `sho` means a snapshot.
                None if format!(" {}", entry.text().to_lowercase()).contains(&format!(" {wanted}")) => {
                    (u8::from(usable), 0)
                }
                None => return None,
            };
            Some((how, entry))
        })
        .collect();
    scored.sort_by_key(|(how, _)| std::cmp::Reverse(*how));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

pub(super) fn line(model: &mut Model, by: isize) {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return };
    let most = entries(model, palette).len().saturating_sub(1);
    if let Some(Overlay::Palette(palette)) = &mut model.overlay {
        palette.at = palette.at.saturating_add_signed(by).min(most);
    }
}

/// Does what is chosen, or says why it can't be done.
pub(super) fn accept(model: &mut Model, palette: &Palette) -> Vec<CockpitEffect> {
    match entries(model, palette).get(palette.at) {
        None => Vec::new(),
        Some(PaletteEntry::Run(run, _)) => {
            model.cursor = None;
            runs::select(model, run.clone())
        }
        Some(PaletteEntry::Command(command)) => match (command.unavailable)(model) {
            Some(why) => {
                model.notice = Some(format!("{}: {why}", command.name));
                Vec::new()
            }
            // The palette stood over what is asked.
            None if matches!((command.action)(), Action::Answer(Answer::Allow | Answer::AllowRun)) => {
                super::question(model)
            }
            None => update(model, (command.action)()),
        },
    }
}

pub(super) fn draw(palette: &Palette, model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let entries = entries(model, palette);
    let area = frame.area();
    let width = window::width(frame, 76);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + area.height / 8,
        width,
        height: (area.height - area.height / 8).min(20),
    };
    let inner = window::frame(" palette ", place, theme, frame);
    if inner.height < 3 {
        return;
    }
    let input = Rect { height: 1, ..inner };
    let about = entries.get(palette.at).map(|entry| about(entry, model)).unwrap_or_default();
    let about = wrapped(&about, inner.width.into());
    let told = u16::try_from(about.len()).unwrap_or(u16::MAX).min(inner.height.saturating_sub(3));
    let list = Rect { y: inner.y + 1, height: inner.height - 2 - told, ..inner };
    let below = Rect { y: list.bottom(), height: told, ..inner };
    let about = about.into_iter().map(|line| Line::styled(line, theme.style(Role::Dim)));
    frame.render_widget(ratatui::widgets::Paragraph::new(about.collect::<Vec<_>>()), below);
    let footer = Rect { y: inner.bottom() - 1, height: 1, ..inner };
    frame.render_widget(&palette.input, input);
    let height = usize::from(list.height);
    let top = (palette.at + 1).saturating_sub(height);
    let lines: Vec<Line<'_>> = entries
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(at, entry)| draw_entry(entry, at == palette.at, model, keymap, theme, list.width.into()))
        .collect();
    let lines =
        if lines.is_empty() { vec![Line::styled("nothing is called that", theme.style(Role::Dim))] } else { lines };
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), list);
    frame.render_widget(keys(keymap, KeyPlace::Palette, theme, &[("accept", "do it"), ("close", "leave")]), footer);
}

/// Describes the entry under the cursor in full, and which runs it is for, or why it can't be used now.
fn about(entry: &PaletteEntry, model: &Model) -> String {
    let PaletteEntry::Command(command) = entry else { return String::new() };
    if let Some(why) = (command.unavailable)(model) {
        return format!("not now: {why}");
    }
    // Marked runs are for what can be done with many; the rest is for the one under the cursor.
    let with_many = matches!((command.action)(), Action::Verb(_));
    match model.selected().filter(|_| command.kind == CommandKind::Run) {
        _ if with_many && model.marks.len() > 1 => format!("{} marked runs: {}", model.marks.len(), command.doc),
        Some(_) if with_many => {
            let meant = model.meant();
            let names = meant.iter().map(|row| domain::text::line(&row.name)).collect::<Vec<_>>().join(", ");
            format!("{names}: {}", command.doc)
        }
        Some(row) => format!("{}: {}", domain::text::line(&row.name), command.doc),
        None => command.doc.to_owned(),
    }
}

fn draw_entry(
    entry: &PaletteEntry,
    here: bool,
    model: &Model,
    keymap: &Keymap,
    theme: &Theme,
    width: usize,
) -> Line<'static> {
    let sign = if here { ">" } else { " " };
    let style = |role| theme.style(if here { Role::Selected } else { role });
    match entry {
        PaletteEntry::Run(_, name) => Line::from(vec![
            Span::raw(sign),
            Span::styled(fit(&format!("go to {name}"), width.saturating_sub(1)), style(Role::Text)),
        ]),
        PaletteEntry::Command(command) => {
            let key = KeyPlace::ALL.iter().find_map(|(place, _)| keymap.keys_in(*place, command.name).first());
            let why = (command.unavailable)(model);
            let text = why.as_ref().map_or_else(|| command.doc.to_owned(), |why| format!("not now: {why}"));
            let role = if why.is_some() { Role::Dim } else { Role::Text };
            Line::from(vec![
                Span::raw(sign),
                Span::styled(fit(command.name, 15), style(role)),
                Span::styled(fit(key.map_or("", String::as_str), 10), theme.style(Role::Key)),
                Span::styled(fit(&text, width.saturating_sub(26)), style(role)),
            ])
        }
    }
}
