//! Drawing the timeline.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::lines::{DrawnLine, TimelineLine, is_trouble};
use crate::model::{Focus, Model};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, marked};

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let view = &model.timeline;
    let shown = view.shown();
    if shown.is_empty() {
        let text = if view.lines.is_empty() { " …" } else { " nothing of this kind; t shows other kinds" };
        frame.render_widget(Line::styled(text, theme.style(Role::Dim)), area);
        return;
    }
    let current = view.cursor.or_else(|| shown.first().map(DrawnLine::seq)).filter(|_| model.focus == Focus::Details);
    let top = view.top.min(shown.len() - 1);
    let lines: Vec<Line<'_>> = shown
        .iter()
        .skip(top)
        .take(area.height.into())
        .map(|line| {
            let here = current == Some(line.seq()) && !matches!(line, DrawnLine::More(..));
            draw_line(model, line, here, theme, usize::from(area.width))
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_line(model: &Model, line: &DrawnLine<'_>, here: bool, theme: &Theme, width: usize) -> Line<'static> {
    let (event, text) = match line {
        DrawnLine::Event(event) => (event, event.said.told(|at| model.when(at))),
        DrawnLine::Folded(event, hidden) => {
            (event, format!("{}  ({hidden} folded; enter unfolds)", event.said.told(|at| model.when(at))))
        }
        DrawnLine::More(_, text) => {
            let text = format!("{:22}{}", "", fit(text, width.saturating_sub(22)));
            return Line::from(marked(text, model.timeline.search.as_deref(), theme.style(Role::Dim), theme));
        }
    };
    let at = model.when(event.at);
    let sign = if here { ">" } else { " " };
    let text = fit(&text, width.saturating_sub(14 + at.len()));
    let plain = theme.style(if here { Role::Selected } else { Role::Text });
    let mut spans = vec![
        Span::styled(format!("{sign}{at}  "), theme.style(Role::Dim)),
        Span::styled(fit(event.said.word, 10), theme.style(role(event))),
        Span::raw(" "),
    ];
    spans.extend(marked(text, model.timeline.search.as_deref(), plain, theme));
    Line::from(spans)
}

fn role(event: &TimelineLine) -> Role {
    match event.said.word {
        word if is_trouble(word) => Role::NeedsYou,
        "ready" | "result" => Role::Ready,
        "phase" => Role::Heading,
        _ => Role::Text,
    }
}
