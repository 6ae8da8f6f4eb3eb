//! Where tokens and money went today: a plot over the hours, and sums by agent and by model.

use std::collections::BTreeMap;

use domain::figures;
use domain::money::Usd;
use domain::spend::{QUARTER_MS, Spent, Sum};
use domain::text;
use protocol::SpendReply;
use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::{Overlay, window};
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_right, wrapped};

/// Columns of the window.
const WIDTH: u16 = 84;
/// Lines of the plot.
const HEIGHT: u64 = 8;
const HOURS: usize = 24;
/// Columns before the plot.
const LABEL: usize = 9;
const QUARTERS_OF_AN_HOUR: i64 = 4;
/// Sums of each kind that are shown.
const MOST: usize = 6;

/// The window on today's usage, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spend {
    pub(crate) reply: Option<SpendReply>,
    /// First line shown.
    pub(super) top: usize,
}

/// Opens the window and has the figures sent.
pub(crate) fn spend(model: &mut Model) -> Vec<CockpitEffect> {
    model.overlay = Some(Overlay::Spend(Box::default()));
    vec![CockpitEffect::Spend]
}

pub(crate) fn spent(model: &mut Model, reply: SpendReply) -> Vec<CockpitEffect> {
    if let Some(Overlay::Spend(spend)) = &mut model.overlay {
        spend.reply = Some(reply);
    }
    Vec::new()
}

/// Lines that there are to scroll through.
pub(super) fn count(spend: &Spend, model: &Model) -> usize {
    lines(spend, model, &Theme::plain(), WIDTH.min(model.size.0)).len()
}

pub(super) fn draw(spend: &Spend, model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let footer = window::keys(keymap, KeyPlace::Help, theme, &[("line-down", "scroll"), ("close", "close")]);
    let width = window::width(frame, WIDTH);
    window::scrolled(" spend today ", lines(spend, model, theme, width), footer, spend.top, width, theme, frame);
}

fn lines(spend: &Spend, model: &Model, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Some(reply) = &spend.reply else { return vec![Line::raw("…")] };
    let first = midnight(model);
    let of_today = |spent: &&Spent| (first..first + 24 * QUARTERS_OF_AN_HOUR).contains(&spent.quarter);
    let today: Vec<&Spent> = reply.runs.iter().flat_map(|run| &run.spend).filter(of_today).collect();
    let sum: Sum = today.iter().copied().collect();
    if today.is_empty() {
        return vec![Line::raw("Nothing was used today so far.")];
    }
    // Money where any of it has a price, else tokens.
    let in_money = sum.usd > Usd::ZERO;
    let mut hours = [0u64; HOURS];
    for spent in &today {
        let hour = usize::try_from((spent.quarter - first) / QUARTERS_OF_AN_HOUR).unwrap_or(0).min(HOURS - 1);
        hours[hour] += if in_money { spent.usd.as_pico() } else { spent.tokens.total() };
    }
    let mut lines = plot(&hours, in_money, model, theme, width);
    lines.push(Line::default());
    let room = usize::from(width).saturating_sub(4);
    lines.extend(wrapped(&total(&sum, reply), room).into_iter().map(Line::raw));
    for (title, key) in [("by agent", by_agent as fn(&Spent) -> String), ("by model", by_model)] {
        lines.push(Line::default());
        lines.push(Line::styled(fit(&heading(title, width), usize::from(width) - 4), theme.style(Role::Heading)));
        lines.extend(table(&today, key, width));
    }
    if sum.reported {
        lines.push(Line::default());
        lines.push(Line::styled("~ an agent's own figures, which can miss something", theme.style(Role::Dim)));
    }
    lines
}

/// The quarter of an hour at which today began where the person is.
fn midnight(model: &Model) -> i64 {
    let offset = i64::from(model.utc_offset) * 1000;
    let day = 86_400_000;
    let local = model.now.as_millis() + offset;
    (local.div_euclid(day) * day - offset).div_euclid(QUARTER_MS)
}

/// A bar for each hour, the highest as high as there is room for.
fn plot(hours: &[u64; HOURS], in_money: bool, model: &Model, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    // Columns of an hour with the gap behind it, which the last hour needs not: all hours are seen on the narrowest screen.
    let columns = ((usize::from(width) + 1).saturating_sub(4 + LABEL) / HOURS).clamp(1, 3);
    let most = hours.iter().copied().max().unwrap_or(0).max(1);
    let full = model.glyphs.pick("█", "#");
    let eighths = ["▁", "▂", "▃", "▄", "▅", "▆", "▇"];
    let says = |n: u64| if in_money { Usd::from_pico(n).to_string() } else { figures::count(n) };
    let mut lines = Vec::new();
    for level in (0..HEIGHT).rev() {
        let label = match level {
            _ if level + 1 == HEIGHT => says(most),
            0 => says(0),
            _ => String::new(),
        };
        let bars = hours.iter().map(|hour| {
            // In eighths of a line.
            let height = u128::from(*hour) * u128::from(HEIGHT * 8) / u128::from(most);
            let above = u64::try_from(height).unwrap_or(u64::MAX).saturating_sub(level * 8);
            let part = usize::try_from(above).unwrap_or(0);
            let sign = match part {
                0 if *hour > 0 && level == 0 => model.glyphs.pick(eighths[0], "."),
                0 => " ",
                8.. => full,
                part => model.glyphs.pick(eighths[part - 1], if part >= 4 { "#" } else { "." }),
            };
            fit(&sign.repeat(columns.saturating_sub(1).max(1)), columns)
        });
        lines.push(Line::from(vec![
            Span::styled(format!("{label:>8} "), theme.style(Role::Dim)),
            Span::styled(bars.collect::<String>(), theme.style(Role::Heading)),
        ]));
    }
    let axis: String = (0..HOURS).step_by(3).map(|hour| fit(&format!("{hour:02}"), 3 * columns)).collect();
    lines.push(Line::styled(format!("{:LABEL$}{axis}", ""), theme.style(Role::Dim)));
    lines
}

/// The whole day in a line.
fn total(sum: &Sum, reply: &SpendReply) -> String {
    let of = if reply.day.is_none() { String::new() } else { format!(" of {}", reply.day) };
    let unpriced = match sum.unpriced {
        0 => String::new(),
        n if n == sum.tokens.total() => ", which have no price".to_owned(),
        n => format!(", {} of which have no price", figures::count(n)),
    };
    let cut = match sum.cut {
        0 => String::new(),
        n => format!("; {n} answers were cut, more may be billed for them"),
    };
    let own = if sum.reported { "~" } else { "" };
    let usd = match sum.usd {
        Usd::ZERO if sum.unpriced > 0 => figures::UNKNOWN.to_owned(),
        usd => format!("{own}{usd}"),
    };
    format!("{usd}{of} for {own}{} tokens{unpriced}{cut}", figures::count(sum.tokens.total()))
}

fn by_agent(spent: &Spent) -> String {
    spent.agent.clone()
}

fn by_model(spent: &Spent) -> String {
    spent.model.clone().unwrap_or_else(|| "not named".to_owned())
}

fn name_width(width: u16) -> usize {
    usize::from(width).saturating_sub(4 + 45).clamp(8, 34)
}

fn heading(title: &str, width: u16) -> String {
    format!("{}  CALLS    IN  READ WRITE   OUT     COST", fit(title, name_width(width)))
}

fn table(today: &[&Spent], key: fn(&Spent) -> String, width: u16) -> Vec<Line<'static>> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for spent in today {
        sums.entry(key(spent)).or_default().add(spent);
    }
    let mut sums: Vec<(String, Sum)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.usd, sum.tokens.total())));
    let more = sums.len().saturating_sub(MOST);
    let line = |(name, sum): &(String, Sum)| {
        let own = if sum.reported { "~" } else { "" };
        let plus = if sum.cut > 0 { "+" } else { "" };
        let cost = sum.cost().map_or_else(|| figures::UNKNOWN.to_owned(), |usd| format!("{own}{usd}{plus}"));
        let calls = sum.known_calls().map_or_else(|| figures::UNKNOWN.to_owned(), |calls| calls.to_string());
        let t = sum.tokens;
        let counts =
            [t.input, t.cache_read, t.cache_write, t.output].map(|n| fit_right(&figures::count(n), 5)).join(" ");
        let name = fit(&text::line(name), name_width(width));
        Line::raw(format!("{name} {} {counts} {}", fit_right(&calls, 6), fit_right(&cost, 8)))
    };
    let mut lines: Vec<Line<'static>> = sums.iter().take(MOST).map(line).collect();
    if more > 0 {
        lines.push(Line::raw(format!("and {more} more; `pilothouse spend` lists them")));
    }
    lines
}
