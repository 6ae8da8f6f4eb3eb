//! Drawing the details: the line of tabs, the open tab, the facts.

use protocol::Row;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::facts;
use crate::keymap::Keymap;
use crate::model::{Focus, Model, Tab};
use crate::screens::runs::{Layout, because, because_spans, details_room};
use crate::screens::{calls, checks, diff, output, proof, timeline};
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_ends, rule};

pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: &Theme, places: &Layout, frame: &mut Frame<'_>) {
    let Some(row) = model.selected() else { return };
    if places.title.height == 0 {
        return;
    }
    frame.render_widget(title(model, row, theme, places.title.width), places.title);
    if places.reason.height > 0 {
        frame.render_widget(Paragraph::new(reason(model, row, keymap, theme, places.reason.height)), places.reason);
    }
    match model.open_tab() {
        Tab::Timeline => timeline::draw(model, theme, places.body, frame),
        Tab::Output => output::draw(model, theme, places.body, frame),
        Tab::Diff => diff::draw(model, theme, places.body, frame),
        Tab::Checks => checks::draw(model, theme, places.body, frame),
        Tab::Proof => proof::draw(model, theme, places.body, frame),
        Tab::Calls => calls::draw(model, theme, places.body, frame),
        Tab::Facts => draw_facts(model, row, keymap, theme, (places.body, false), frame),
    }
    if places.facts.width > 0 {
        draw_facts(model, row, keymap, theme, (places.facts, true), frame);
    }
}

fn draw_facts(
    model: &Model,
    row: &Row,
    keymap: &Keymap,
    theme: &Theme,
    (area, beside): (Rect, bool),
    frame: &mut Frame<'_>,
) {
    let lines: Vec<Line<'_>> = facts::lines(model, row, keymap, theme, (area.width, beside));
    let top = if beside { 0 } else { model.facts_top.min(lines.len().saturating_sub(1)) };
    if beside {
        // The rule between the two goes on where the facts end.
        let bar = Line::styled(model.glyphs.pick("│", "|"), theme.style(Role::Dim));
        let bars = vec![bar; area.height.into()];
        frame.render_widget(Paragraph::new(bars), Rect { width: 1.min(area.width), ..area });
    }
    let shown: Vec<_> = lines.into_iter().skip(top).take(area.height.into()).collect();
    let height = u16::try_from(shown.len()).unwrap_or(area.height);
    frame.render_widget(Paragraph::new(shown), Rect { height: height.min(area.height), ..area });
}

/// Returns the open tab's remark on itself, for beside its title.
fn says(model: &Model) -> String {
    match model.open_tab() {
        Tab::Timeline => model.timeline.says(),
        Tab::Output => model.output.says(),
        Tab::Diff => model.diff.says(),
        Tab::Checks | Tab::Calls | Tab::Proof | Tab::Facts => String::new(),
    }
}

/// The least that the run's name has where tabs need the room.
const NAME: usize = 10;
/// Letters of a tab's title where there is no room for it.
const SHORT: usize = 3;

/// How much room there is for the tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TabRoom {
    Enough,
    Little,
    None,
}

/// The tabs' titles as they stand in the line, with the column each begins at. Where there is little room they stand closer and
/// the name gives way, before anything of what the open tab says is cut.
pub(crate) fn tab_places(model: &Model, row: &Row) -> (String, Vec<(Tab, u16, u16)>) {
    let dash = model.glyphs.pick("─", "-");
    let name = domain::text::line(&row.name);
    let titles = |room: TabRoom| {
        let tabs = model.tabs().into_iter().enumerate();
        tabs.map(move |(n, tab)| {
            let title = tab.title();
            let text = match (tab == model.open_tab(), room) {
                (true, _) => format!("[{title}]"),
                (false, TabRoom::Enough) => format!(" {title} "),
                (false, TabRoom::Little) => title.to_owned(),
                (false, TabRoom::None) => title.chars().take(SHORT).collect(),
            };
            (tab, if room != TabRoom::Enough && n > 0 { " " } else { "" }, text)
        })
        .collect::<Vec<_>>()
    };
    let width =
        |titles: &[(Tab, &str, String)]| titles.iter().map(|(_, gap, text)| gap.len() + text.width()).sum::<usize>();
    let said = says(model).width();
    let beside = |tabs: usize| usize::from(model.size.0).saturating_sub(tabs + said + 2 * usize::from(said > 0) + 5);
    let least = |room: TabRoom| if room == TabRoom::Enough { name.width() } else { NAME.min(name.width()) };
    let rooms = [TabRoom::Enough, TabRoom::Little, TabRoom::None];
    let fits = rooms.into_iter().find(|room| least(*room) <= beside(width(&titles(*room))));
    let titles = titles(fits.unwrap_or(TabRoom::None));
    let room = beside(width(&titles)).max(NAME).min(name.width());
    let mut text = format!("{dash} {} ", fit_ends(&name, room));
    let mut places = Vec::new();
    for (tab, gap, title) in titles {
        text.push_str(gap);
        let from = u16::try_from(text.width()).unwrap_or(u16::MAX);
        let long = u16::try_from(title.width()).unwrap_or(u16::MAX);
        places.push((tab, from, from.saturating_add(long)));
        text.push_str(&title);
    }
    (text, places)
}

fn title(model: &Model, row: &Row, theme: &Theme, width: u16) -> Line<'static> {
    let (mut text, _) = tab_places(model, row);
    let extra = says(model);
    let room = usize::from(width).saturating_sub(text.width() + 3);
    if !extra.is_empty() && room > 0 {
        text.push_str(&format!("  {}", fit(&extra, room).trim_end()));
    }
    // Which part has the keys is told by more than colour.
    let role = if model.focus == Focus::Details { Role::Key } else { Role::Heading };
    rule(&text, width, theme.style(role), theme.style(Role::Dim), model.glyphs)
}

fn reason(model: &Model, row: &Row, keymap: &Keymap, theme: &Theme, height: u16) -> Vec<Line<'static>> {
    let room = details_room(model);
    let (lines, _) = because(row, room, height.into());
    let spans = lines.iter().map(|because| because_spans(model, row, because, keymap, theme, room));
    spans.map(|spans| Line::from([vec![Span::raw(" ")], spans].concat())).collect()
}
