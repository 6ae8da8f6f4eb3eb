//! A line to type on, or several: a filter, a search, an answer.

use domain::RunId;
use domain::command::Command;
use domain::comment::Comment;
use domain::event::Review;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui_textarea::{CursorMove, TextArea};
use unicode_width::UnicodeWidthStr;

use super::asking::{Asking, TypedLine};
use super::{Overlay, one_line, question};
use crate::effect::CockpitEffect;
use crate::model::{Focus, Model, Tab};
use crate::screens::{details, runs};
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Lines that a prompt has at most; more scroll.
const LINES: u16 = 8;

/// The use of the typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Filter,
    Search,
    Answer(Asking),
    /// Changes that a run's agent is to make.
    Changes {
        run: RunId,
        name: String,
    },
    /// A comment on a line; its text is the earlier comment.
    Comment {
        run: RunId,
        on: Comment,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) purpose: Purpose,
    pub(crate) input: TextArea<'static>,
    /// The search before this one, to which leaving goes back.
    before: String,
}

/// Filters the runs, or searches in the help when that is open, or in the details when those have the keys.
pub(crate) fn find(model: &mut Model) -> Vec<CockpitEffect> {
    if let Some(Overlay::Help(help)) = &mut model.overlay {
        help.types = true;
        return Vec::new();
    }
    if model.overlay.is_some() {
        return Vec::new();
    }
    let searches = model.focus == Focus::Details && model.open_tab() != Tab::Facts;
    if searches {
        let before = details::search(model).unwrap_or_default().to_owned();
        let input = one_line(&before);
        model.overlay = Some(Overlay::Prompt(Prompt { purpose: Purpose::Search, input, before }));
        return Vec::new();
    }
    let before = model.filter.clone();
    open(model, Purpose::Filter, &before);
    typed(model)
}

/// Opens a prompt with `text`, or where that is empty with what was left unsent in it.
pub(super) fn open(model: &mut Model, purpose: Purpose, text: &str) {
    let kept = model.drafts.get(&purpose.place()).filter(|_| text.is_empty()).cloned();
    let input = lines(kept.as_deref().unwrap_or(text));
    model.overlay = Some(Overlay::Prompt(Prompt { purpose, input, before: String::new() }));
}

/// A field with as many lines as the text has.
fn lines(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

pub(crate) fn ask_answer(model: &mut Model) -> Vec<CockpitEffect> {
    // What is open is answered, whatever the cursor has come to meanwhile.
    let asking = question::say_to_open(model).or_else(|| model.selected().and_then(Asking::of));
    asking.map(|asking| answer_to(model, asking)).unwrap_or_default()
}

/// Opens a prompt for an answer to this question, or says why it can't be answered in words.
pub(super) fn answer_to(model: &mut Model, asking: Asking) -> Vec<CockpitEffect> {
    if let Some(why) = asking.objection() {
        model.notice = Some(why);
        return Vec::new();
    }
    open(model, Purpose::Answer(asking), "");
    Vec::new()
}

pub(crate) fn ask_changes(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(row) = model.selected() else { return Vec::new() };
    let purpose = Purpose::Changes { run: row.id.clone(), name: row.name.clone() };
    open(model, purpose, "");
    Vec::new()
}

/// Opens a prompt for a comment on the line under the diff's cursor, with what was said of it before.
pub(crate) fn ask_comment(model: &mut Model) -> Vec<CockpitEffect> {
    let Some((run, on)) = model.looking.clone().zip(crate::screens::diff::under(model)) else { return Vec::new() };
    let before = on.text.clone();
    let purpose = Purpose::Comment { run, on };
    // What was being typed is newer than what was said.
    let text = model.drafts.get(&purpose.place()).cloned().unwrap_or(before);
    open(model, purpose, &text);
    Vec::new()
}

impl Purpose {
    /// Returns the key under which a text is kept that is typed there and not sent.
    fn place(&self) -> String {
        match self {
            Self::Filter => "filter".to_owned(),
            Self::Search => "search".to_owned(),
            Self::Answer(asking) => asking.place(),
            Self::Changes { run, .. } => format!("changes {run}"),
            Self::Comment { run, on } => format!("comment {run} {} {:?} {}", on.path, on.side, on.line),
        }
    }

    /// Whether an agent reads the text, which may have several lines then.
    fn has_lines(&self) -> bool {
        match self {
            Self::Filter | Self::Search => false,
            Self::Answer(_) | Self::Changes { .. } | Self::Comment { .. } => true,
        }
    }
}

impl Prompt {
    fn text(&self) -> String {
        self.input.lines().join(if self.purpose.has_lines() { "\n" } else { " " })
    }

    pub(super) fn new_line(&mut self) {
        if self.purpose.has_lines() {
            self.input.insert_newline();
        }
    }

    /// Types a text that was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        let text = if self.purpose.has_lines() { domain::text::block(text) } else { domain::text::line(text) };
        self.input.insert_str(text);
    }

    /// The text for an editor outside; `None` where it has one line only.
    pub(super) fn for_editor(&self) -> Option<String> {
        self.purpose.has_lines().then(|| self.text())
    }

    pub(super) fn edited(&mut self, text: &str) {
        self.input = lines(domain::text::block(text).trim_end());
    }
}

/// Shows after every key of a filter or a search what it finds.
pub(super) fn typed(model: &mut Model) -> Vec<CockpitEffect> {
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

pub(super) fn accept(model: &mut Model, prompt: Prompt) -> Vec<CockpitEffect> {
    let text = prompt.text();
    model.drafts.remove(&prompt.purpose.place());
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
            vec![CockpitEffect::Act { runs: vec![run], command, asked: true }]
        }
        Purpose::Answer(asking) => match asking.take(&text) {
            TypedLine::Send(effect) => vec![effect],
            TypedLine::Ask(next, why) => {
                let again = if why.is_some() { text.as_str() } else { "" };
                open(model, Purpose::Answer(next), again);
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
            vec![CockpitEffect::Act { runs: vec![run], command, asked: true }]
        }
    }
}

/// Leaves the prompt and everything as it was before; what was typed is there when it is opened again.
pub(super) fn close(model: &mut Model, prompt: Prompt) -> Vec<CockpitEffect> {
    let (place, text) = (prompt.purpose.place(), prompt.text());
    if text.trim().is_empty() {
        model.drafts.remove(&place);
    } else {
        if prompt.purpose.has_lines() {
            model.notice = Some("what you typed is kept for when you open it again".to_owned());
        }
        model.drafts.insert(place, text);
    }
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

/// Draws the prompt on the last line of the screen, so that what it finds is seen above it; what is answered stands
/// right above it, and so does what has no room before the text.
pub(super) fn draw(prompt: &Prompt, model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let height = u16::try_from(prompt.input.lines().len()).unwrap_or(u16::MAX).clamp(1, LINES).min(area.height);
    let line = Rect { y: area.bottom().saturating_sub(height), height, ..area };
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
    // A line that is typed on scrolls; what is sent is seen whole.
    let room = usize::from(area.width.saturating_sub(long));
    let scrolls = height >= LINES || prompt.input.lines().iter().any(|typed| typed.width() + 1 > room);
    let typed = if scrolls { prompt.input.lines() } else { &[] };
    let mut above: Vec<_> = asked.iter().map(|line| (line.as_str(), Role::NeedsYou)).collect();
    above.extend([(wrong, Role::Error), (before, Role::Key)]);
    above.extend(typed.iter().map(|typed| (typed.as_str(), Role::Text)));
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
