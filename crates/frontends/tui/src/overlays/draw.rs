//! Drawing what lies over the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::{Field, NewRun, Overlay};
use crate::commands;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::theme::{Role, Theme};

pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: Theme, frame: &mut Frame<'_>) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help) => help(keymap, theme, frame),
        Some(Overlay::Terminate(confirm)) => {
            let name = domain::text::line(&confirm.name);
            let lines = vec![
                Line::from(format!("Terminate {name}?")),
                Line::default(),
                Line::from("ends   every process of the run: asked first, killed after 10 s"),
                Line::from("keeps  its worktree, its branch, its timeline and its output"),
                Line::from("loses  what the agent has not written to a file yet"),
                Line::default(),
                keys(theme, &[("enter", "terminate"), ("esc", "leave it running")]),
            ];
            window(" terminate ", lines, 70, theme, frame);
        }
        Some(Overlay::NewRun(form)) => new_run(form, theme, frame),
    }
}

fn help(keymap: &Keymap, theme: Theme, frame: &mut Frame<'_>) {
    let lines: Vec<Line<'_>> = commands::ALL
        .iter()
        .map(|command| {
            let keys = keymap.keys_of(command.name).join(" ");
            Line::from(vec![
                Span::styled(format!("{keys:>15}"), theme.style(Role::Key)),
                Span::raw(format!("  {}", command.doc)),
            ])
        })
        .collect();
    window(" keys · esc closes ", lines, 78, theme, frame);
}

fn new_run(form: &NewRun, theme: Theme, frame: &mut Frame<'_>) {
    let mark = |field| if form.field == field { "›" } else { " " };
    let cursor = |field| if form.field == field { "▏" } else { "" };
    let mut lines = vec![Line::styled(format!("{} task", mark(Field::Task)), theme.style(Role::Heading))];
    // The end of a long task is what is being typed.
    let task = format!("{}{}", form.task, cursor(Field::Task));
    let typed: Vec<&str> = task.split('\n').collect();
    lines.extend(typed.iter().skip(typed.len().saturating_sub(6)).map(|line| Line::from(format!("  {line}"))));
    lines.push(Line::default());
    lines
        .push(Line::styled(format!("{} agent, as NAME or NAME:MODEL", mark(Field::Agent)), theme.style(Role::Heading)));
    let agent = if form.agent.is_empty() { "(the default)" } else { &form.agent };
    lines.push(Line::from(format!("  {agent}{}", cursor(Field::Agent))));
    lines.push(Line::default());
    if let Some(problem) = &form.problem {
        lines.push(Line::styled(problem.clone(), theme.style(Role::Error)));
    }
    lines.push(keys(theme, &[("enter", "start"), ("tab", "other field"), ("esc", "cancel")]));
    window(" new run ", lines, 70, theme, frame);
}

fn keys<'a>(theme: Theme, pairs: &[(&'a str, &'a str)]) -> Line<'a> {
    let mut spans = Vec::new();
    for (key, does) in pairs {
        spans.push(Span::styled(*key, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {does}   ")));
    }
    Line::from(spans)
}

fn window(title: &str, lines: Vec<Line<'_>>, width: u16, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let width = width.min(area.width);
    let wrapped: u16 = lines
        .iter()
        .map(|l| l.width().div_ceil(usize::from(width.saturating_sub(4)).max(1)).max(1))
        .sum::<usize>()
        .try_into()
        .unwrap_or(u16::MAX);
    let height = wrapped.saturating_add(2).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let block = Block::bordered()
        .title(title)
        .title_style(theme.style(Role::Heading))
        .padding(ratatui::widgets::Padding::horizontal(1));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block).wrap(Wrap { trim: false }), place);
}
