//! `pilothouse spend`: where tokens and money went.

use std::collections::BTreeMap;

use client::Places;
use domain::spend::{QUARTER_MS, Spent, Sum};
use domain::{docs, figures, text};
use protocol::{Code, Reply, Request, Scope, SpendReply, SpendRow};
use serde::Serialize;

use super::find::here;
use crate::args::{SpendArgs, SpendBy};
use crate::error::CliError;
use crate::out::Out;

/// A line of sums; unknown figures are `null`.
#[derive(Debug, Serialize)]
struct SpendLine {
    key: String,
    /// `null` where an agent told its tokens alone.
    calls: Option<u64>,
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
    total: u64,
    /// `null` when some of the tokens have no price.
    cost_usd: Option<f64>,
    /// The cost of the tokens that have a price.
    priced_usd: f64,
    tokens_unpriced: u64,
    calls_cut: u64,
    tokens_source: &'static str,
}

pub(super) async fn spend(args: &SpendArgs, all: bool, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let scope = if all || args.all { Scope::All } else { here()? };
    let Reply::Spend(reply) = connection.ask(Request::Spend(scope)).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    let from = args.days.map(|days| first_day(days.max(1))).transpose()?;
    let sums = sums(&reply, args.by, from);
    let lines: Vec<SpendLine> = sums.iter().map(|(key, sum)| line(key, sum)).collect();
    if out.json {
        out.value(&lines)?;
        return Ok(Code::Done);
    }
    if lines.is_empty() {
        out.line("nothing was used yet")?;
        return Ok(Code::Done);
    }
    let heading = match args.by {
        SpendBy::Agent => "AGENT",
        SpendBy::Model => "MODEL",
        SpendBy::Day => "DAY",
        SpendBy::Repo => "REPOSITORY",
        SpendBy::Run => "RUN",
    };
    let width = lines.iter().map(|line| text::line(&line.key).chars().count()).max().unwrap_or(0).clamp(10, 40);
    out.line(format!("{heading:<width$}  CALLS     IN   READ  WRITE    OUT  TOKENS       COST"))?;
    let total: Sum = sums.values().fold(Sum::default(), |mut sum, one| {
        sum += *one;
        sum
    });
    for line in &lines {
        out.line(print(line, width))?;
    }
    if lines.len() > 1 {
        out.line(print(&self::line("in all", &total), width))?;
    }
    if total.reported {
        out.line(format!("~ an agent's own figures, which can miss something; {} says what", docs::SPEND))?;
    }
    if total.unpriced > 0 && total.unpriced >= total.tokens.total() {
        out.line(format!(
            "none of the tokens has a price, so what they cost is not known; {} says how to give one",
            docs::SPEND
        ))?;
    } else if total.unpriced > 0 {
        out.line(format!(
            "{} of {} tokens have no price; the others cost {}",
            figures::count(total.unpriced),
            figures::count(total.tokens.total()),
            total.usd
        ))?;
    }
    if total.cut > 0 {
        out.line(format!("+ {} answers were cut; the provider may bill more for them than it said", total.cut))?;
    }
    Ok(Code::Done)
}

/// Sums by key, in their order.
fn sums(reply: &SpendReply, by: SpendBy, from: Option<i64>) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for run in &reply.runs {
        for spent in run.spend.iter().filter(|spent| from.is_none_or(|from| spent.quarter >= from)) {
            sums.entry(key(run, spent, by)).or_default().add(spent);
        }
    }
    sums
}

fn key(run: &SpendRow, spent: &Spent, by: SpendBy) -> String {
    match by {
        SpendBy::Agent => spent.agent.clone(),
        SpendBy::Model => spent.model.clone().unwrap_or_else(|| "a model that nobody named".to_owned()),
        SpendBy::Day => day(spent.quarter),
        SpendBy::Repo => run.repo.clone(),
        SpendBy::Run => format!("{} {}", run.run, run.name),
    }
}

/// The day here, as `2026-11-22`.
fn day(quarter: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(quarter.saturating_mul(QUARTER_MS)).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date().to_string()
}

/// The first quarter of an hour of the last so many days.
fn first_day(days: u32) -> Result<i64, CliError> {
    let today = jiff::Zoned::now().date();
    let first = today.checked_sub(jiff::Span::new().days(i64::from(days) - 1));
    let midnight = first.and_then(|first| first.to_zoned(jiff::tz::TimeZone::system()));
    let midnight = midnight.map_err(|e| CliError::new(Code::Usage, format!("--days {days}: {e}")))?;
    Ok(midnight.timestamp().as_millisecond().div_euclid(QUARTER_MS))
}

fn line(key: &str, sum: &Sum) -> SpendLine {
    let t = sum.tokens;
    SpendLine {
        key: key.to_owned(),
        calls: sum.known_calls(),
        input: t.input,
        output: t.output,
        cache_read: t.cache_read,
        cache_write: t.cache_write,
        total: t.total(),
        cost_usd: sum.cost().map(|usd| usd.as_f64()),
        priced_usd: sum.usd.as_f64(),
        tokens_unpriced: sum.unpriced,
        calls_cut: sum.cut,
        tokens_source: if sum.reported { "agent" } else { "gateway" },
    }
}

fn print(line: &SpendLine, width: usize) -> String {
    let own = if line.tokens_source == "agent" { "~" } else { "" };
    let more = if line.calls_cut > 0 { "+" } else { "" };
    let cost =
        line.cost_usd.map_or_else(|| figures::UNKNOWN.to_owned(), |usd| format!("{own}{}{more}", figures::money(usd)));
    let count = figures::count;
    let key: String = text::line(&line.key).chars().take(width).collect();
    format!(
        "{key:<width$} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {cost:>10}",
        line.calls.map_or_else(|| figures::UNKNOWN.to_owned(), |calls| calls.to_string()),
        count(line.input),
        count(line.cache_read),
        count(line.cache_write),
        count(line.output),
        format!("{own}{}", count(line.total)),
    )
}
