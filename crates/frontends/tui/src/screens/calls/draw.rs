//! Drawing the calls.

use domain::call::CallCells;
use domain::event::ModelCalled;
use protocol::Row;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_right, wrapped};

/// Columns of the model's name where there is little room, and where there is more.
const MODEL: [usize; 2] = [14, 26];
/// From this width on there is more.
const ROOMY: u16 = 100;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(row) = model.selected() else { return };
    let dim = theme.style(Role::Dim);
    let width = usize::from(area.width);
    let Some(reply) = row.calls.and(model.calls.calls.as_ref()) else {
        let text = if row.calls.is_some() { "…".to_owned() } else { none(row) };
        let lines: Vec<Line<'_>> = wrapped(&text, width.saturating_sub(2))
            .into_iter()
            .map(|part| Line::styled(format!(" {part}"), dim))
            .collect();
        frame.render_widget(Paragraph::new(lines), area);
        return;
    };
    let calls = match reply {
        Ok(calls) => calls,
        Err(why) => {
            return frame.render_widget(Line::styled(fit(&format!(" {why}"), width), theme.style(Role::Error)), area);
        }
    };
    let mut lines = vec![Line::styled(fit(&format!(" {}", sums(row)), width), dim)];
    lines.push(Line::styled(fit(&heading(area.width), width), theme.style(Role::Heading)));
    let newest = calls.iter().rev().skip(model.calls.top);
    lines.extend(
        newest.take(usize::from(area.height).saturating_sub(2)).map(|call| line(model, call, area.width, theme)),
    );
    frame.render_widget(Paragraph::new(lines), area);
}

/// Why there is no list of calls.
fn none(row: &Row) -> String {
    match row.started_at {
        None => "no agent of it has been started yet".to_owned(),
        Some(_) => format!(
            "The gateway does not stand between this agent and its models, so its calls are not known one by one; \
             what tokens there are come from the agent itself. {} says how to put it between.",
            domain::docs::SPEND
        ),
    }
}

/// Words the sums of all calls, and where the time went.
fn sums(row: &Row) -> String {
    let times = row.times.map(|times| times.says()).unwrap_or_default();
    let cut = row.calls_cut.filter(|n| *n > 0).map_or_else(String::new, |n| format!(" ({n} cut)"));
    format!("{} calls{cut}, {} tokens, {}; {times}", row.calls.unwrap_or(0), row.tokens_says(), row.cost_says())
}

fn name_width(width: u16) -> usize {
    MODEL[usize::from(width >= ROOMY)]
}

fn heading(width: u16) -> String {
    let name = fit("MODEL", name_width(width));
    let at = if width < ROOMY { "AT    " } else { "AT        " };
    format!(" {at}{name}    IN  READ WRITE   OUT     COST FIRST   TOOK END")
}

fn line(model: &Model, call: &ModelCalled, width: u16, theme: &Theme) -> Line<'static> {
    let cells = CallCells::of(call);
    let figures = format!(
        "{} {} {} {} {} {} {} {} ",
        fit(&cells.model, name_width(width)),
        fit_right(&cells.input, 5),
        fit_right(&cells.cache_read, 5),
        fit_right(&cells.cache_write, 5),
        fit_right(&cells.output, 5),
        fit_right(&cells.cost, 8),
        fit_right(&cells.first, 5),
        fit_right(&cells.took, 6),
    );
    let at = model.when(call.began_at);
    // Of another day the date alone has room.
    let at = match (at.split_once(' '), width < ROOMY) {
        (Some((date, _)), true) => format!(" {} ", &date[5..]),
        (Some((date, _)), false) => format!(" {date}"),
        (None, true) => format!(" {} ", &at[..5]),
        (None, false) => format!(" {at}  "),
    };
    let role = if cells.went_wrong { Role::NeedsYou } else { Role::Text };
    let room = usize::from(width).saturating_sub(at.len() + figures.chars().count());
    Line::from(vec![
        Span::styled(at, theme.style(Role::Dim)),
        Span::raw(figures),
        Span::styled(fit(&cells.end, room), theme.style(role)),
    ])
}
