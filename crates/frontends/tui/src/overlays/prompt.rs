//! A line to type on: a filter, a search, an answer.

use domain::RunId;
use domain::command::Command;
use domain::comment::Comment;
use domain::event::Review;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui_textarea::TextArea;
use unicode_width::UnicodeWidthStr;

use super::asking::{Asking, Typed};
use super::{Overlay, one_line, question};
use crate::effect::Effect;
use crate::model::{Focus, Model, Tab};
use crate::screens::{details, runs};
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// What the typed line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Filter,
    Search,
    Answer(Asking),
    /// What a run's agent is to change.
    Changes {
        run: RunId,
        name: String,
    },
    /// What is said of a line; its text is what was said before.
    Comment {
        run: RunId,
        on: Comment,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) purpose: Purpose,
    pub(crate) input: TextArea<'static>,
    /// What was searched for before, for when it is left.
    before: String,
}

/// Filters the runs, or searches in the help when that is open, or in the details when those have the keys.
pub(crate) fn find(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Help(help)) = &mut model.overlay {
        help.types = true;
        return Vec::new();
    }
    if model.overlay.is_some() {
        return Vec::new();
    }
    let searches = model.focus == Focus::Details && model.open_tab() != Tab::Facts;
    let (purpose, before) = match searches {
        true => (Purpose::Search, details::search(model).unwrap_or_default().to_owned()),
        false => (Purpose::Filter, model.filter.clone()),
    };
    model.overlay = Some(Overlay::Prompt(Prompt { purpose, input: one_line(&before), before }));
    Vec::new()
}

pub(crate) fn ask_answer(model: &mut Model) -> Vec<Effect> {
    // What is open is answered, whatever the cursor has come to meanwhile.
    let asking = question::say_to_open(model).or_else(|| model.selected().and_then(Asking::of));
    asking.map(|asking| answer_to(model, asking)).unwrap_or_default()
}

/// Has an answer to this typed.
pub(super) fn answer_to(model: &mut Model, asking: Asking) -> Vec<Effect> {
    if let Some(why) = asking.objection() {
        model.notice = Some(why);
        return Vec::new();
    }
    let purpose = Purpose::Answer(asking);
    model.overlay = Some(Overlay::Prompt(Prompt { purpose, input: one_line(""), before: String::new() }));
    Vec::new()
}

pub(crate) fn ask_changes(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.selected() else { return Vec::new() };
    let purpose = Purpose::Changes { run: row.id.clone(), name: row.name.clone() };
    model.overlay = Some(Overlay::Prompt(Prompt { purpose, input: one_line(""), before: String::new() }));
    Vec::new()
}

/// Says something of the line under the diff's cursor, or something else than before.
pub(crate) fn ask_comment(model: &mut Model) -> Vec<Effect> {
    let Some((run, on)) = model.looking.clone().zip(crate::screens::diff::under(model)) else { return Vec::new() };
    let input = one_line(&on.text);
    model.overlay =
        Some(Overlay::Prompt(Prompt { purpose: Purpose::Comment { run, on }, input, before: String::new() }));
    Vec::new()
}

impl Prompt {
    fn text(&self) -> String {
        self.input.lines().join(" ")
    }
}

/// Every key of a filter or a search shows what it finds.
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return Vec::new() };
    let text = domain::text::line(prompt.text().trim_start());
    match prompt.purpose {
        Purpose::Filter => {
            model.filter = text;
            runs::regroup(model)
        }
        Purpose::Search => {
            details::set_search(model, Some(text));
            Vec::new()
        }
        Purpose::Answer(_) | Purpose::Changes { .. } | Purpose::Comment { .. } => Vec::new(),
    }
}

pub(super) fn accept(model: &mut Model, prompt: Prompt) -> Vec<Effect> {
    let text = prompt.text();
    match prompt.purpose {
        Purpose::Filter => {
            model.filter = domain::text::line(text.trim());
            runs::regroup(model)
        }
        Purpose::Search => {
            details::set_search(model, Some(domain::text::line(text.trim())));
            details::go_to_match(model, 0)
        }
        Purpose::Comment { run, on } => {
            let text = text.trim().to_owned();
            if text.is_empty() && on.text.is_empty() {
                model.notice = Some("nothing was said".to_owned());
                return Vec::new();
            }
            let command = Command::Comment { comment: Comment { text, ..on } };
            vec![Effect::Act { runs: vec![run], command, asked: true }]
        }
        Purpose::Answer(asking) => match asking.take(&text) {
            Typed::Send(effect) => vec![effect],
            Typed::Ask(next, why) => {
                let again = if why.is_some() { text.as_str() } else { "" };
                let (purpose, input) = (Purpose::Answer(next), one_line(again));
                model.overlay = Some(Overlay::Prompt(Prompt { purpose, input, before: String::new() }));
                model.notice = why;
                Vec::new()
            }
        },
        Purpose::Changes { run, .. } => {
            let text = text.trim().to_owned();
            if text.is_empty() {
                model.notice = Some("nothing was asked for".to_owned());
                return Vec::new();
            }
            let command = Command::Review { verdict: Review::Changes, text };
            vec![Effect::Act { runs: vec![run], command, asked: true }]
        }
    }
}

/// Leaves it as it was before.
pub(super) fn close(model: &mut Model, prompt: Prompt) -> Vec<Effect> {
    match prompt.purpose {
        Purpose::Filter => {
            model.filter = String::new();
            runs::regroup(model)
        }
        Purpose::Search => {
            details::set_search(model, Some(prompt.before));
            Vec::new()
        }
        Purpose::Answer(_) | Purpose::Changes { .. } | Purpose::Comment { .. } => Vec::new(),
    }
}

/// On the last line of the screen, so that what it finds is seen above it; what is answered stands right above it, and
/// so does what has no room before the text.
pub(super) fn draw(prompt: &Prompt, model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let line = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    let label = match &prompt.purpose {
        Purpose::Filter => format!(" filter ({} of {}): ", model.order.len(), model.rows.len()),
        Purpose::Search => " search: ".to_owned(),
        Purpose::Changes { name, .. } => format!(" changes to {}: ", domain::text::line(name)),
        Purpose::Comment { on, .. } => format!(" {}:{}: ", domain::text::shown(&on.path), on.line),
        Purpose::Answer(asking) => format!(" answer {}: ", asking.name),
    };
    let asked = if let Purpose::Answer(asking) = &prompt.purpose { asking.now() } else { Vec::new() };
    // What was typed is no answer, and why stands beside it.
    let wrong = model.notice.as_deref().filter(|_| !asked.is_empty()).unwrap_or_default();
    let is_long = label.width() > usize::from(area.width / 2);
    let (before, label) = if is_long { (label.trim(), " > ") } else { ("", label.as_str()) };
    let long = u16::try_from(label.width()).unwrap_or(u16::MAX);
    // The line that is typed on scrolls; what is sent is seen whole.
    let typed = prompt.text();
    let scrolls = typed.width() + 1 > usize::from(area.width.saturating_sub(long));
    let typed = if scrolls { typed.as_str() } else { "" };
    let mut above: Vec<_> = asked.iter().map(|line| (line.as_str(), Role::NeedsYou)).collect();
    above.extend([(wrong, Role::Error), (before, Role::Key), (typed, Role::Text)]);
    draw_above(&above, line, theme, frame);
    let [left, right] = Layout::horizontal([Constraint::Length(long), Constraint::Min(1)]).areas(line);
    frame.render_widget(ratatui::widgets::Clear, line);
    frame.render_widget(Line::styled(label.to_owned(), theme.style(Role::Key)), left);
    frame.render_widget(&prompt.input, right);
}

/// Texts on as many lines as they take, as far as the screen has lines above the one that is typed on.
fn draw_above(texts: &[(&str, Role)], below: Rect, theme: &Theme, frame: &mut Frame<'_>) {
    let room = usize::from(below.width).saturating_sub(1);
    let texts = texts.iter().filter(|(text, _)| !text.is_empty());
    let lines: Vec<Line<'_>> = texts
        .flat_map(|(text, role)| wrapped(text, room).into_iter().map(|part| (part, *role)))
        .map(|(part, role)| Line::styled(format!(" {part}"), theme.style(role)))
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(below.y);
    let place = Rect { y: below.y - height, height, ..below };
    frame.render_widget(ratatui::widgets::Clear, place);
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), place);
}
