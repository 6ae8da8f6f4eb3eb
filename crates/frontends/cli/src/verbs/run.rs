//! `pilothouse run`: starts runs, and waits for them if asked to.

use std::io::{IsTerminal, Read, Write};

use client::{Connection, Places};
use domain::text;
use protocol::{Code, FromDaemon, Reply, Request, Row, RunRequest, Scope};

use super::act::take_up;
use super::find::here;
use super::report::{NO_CHECKS, complain};
use crate::args::RunArgs;
use crate::error::CliError;
use crate::out::{Out, columns};
use crate::when::when;

pub(super) async fn run(args: RunArgs, places: &Places) -> Result<Code, CliError> {
    let mut out = Out::stdout(args.json);
    let (mut connection, mut rows) = start(&args, places).await?;
    // Several runs are numbered behind one name.
    rows.sort_by_key(|row| (row.name.len(), row.name.clone()));
    if !args.wait || !out.json {
        report(&mut out, &rows)?;
    }
    if !out.json {
        notes(&mut connection, &rows).await;
    }
    if !args.wait {
        return Ok(Code::Done);
    }
    let (rows, asks) = wait(places, connection, rows, out.terminal && !out.json).await?;
    if out.json {
        report(&mut out, &rows)?;
    }
    tell_blind_budgets(&rows);
    if let Some(asks) = asks {
        return Err(asks);
    }
    if !out.json {
        for row in rows.iter().cloned().map(|row| row.by_clock(when)) {
            let reason = text::line(row.reason.as_deref().unwrap_or(""));
            out.line(format!("{} {}  {}  {reason}", row.id, row.name, row.status))?;
        }
    }
    let good = rows.iter().all(|row| matches!(row.status.as_str(), "ready" | "merged"));
    Ok(if good { Code::Done } else { Code::Failed })
}

/// Queues what is asked for; returns the rows of the new runs.
///
/// # Errors
/// With the daemon's reason when a run can't be started.
pub async fn start(args: &RunArgs, places: &Places) -> Result<(Connection, Vec<Row>), CliError> {
    let request = RunRequest {
        folder: std::env::current_dir()?,
        task: task(&args.task)?,
        agent: args.agent.clone(),
        model: None,
        name: args.name.clone(),
        base: args.base.clone(),
        count: args.count,
        phases: args.phases.clone(),
        budget_tokens: args.tokens,
        budget_usd: args.budget,
        interactive: args.interactive,
        policy: args.policy,
        caller: std::collections::BTreeMap::new(),
    };
    let mut connection = client::connect(places).await?;
    match connection.ask(Request::Run(Box::new(request))).await? {
        Reply::Rows(rows) => Ok((connection, rows)),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// Prints the rows: as JSON one run is an object, several are an array.
fn report(out: &mut Out, rows: &[Row]) -> Result<(), CliError> {
    if !out.json {
        for row in rows {
            out.line(format!(
                "{} {}  {}  branch {}",
                row.id,
                row.name,
                row.status,
                row.branch.as_deref().unwrap_or(domain::figures::UNKNOWN)
            ))?;
        }
        return Ok(());
    }
    match rows {
        [one] => out.value(one)?,
        many => out.value(&many)?,
    }
    Ok(())
}

/// Prints beside the output what a person should know who could still do something about it.
async fn notes(connection: &mut Connection, rows: &[Row]) {
    let Some(row) = rows.first() else { return };
    if row.settings_differ {
        complain("pilothouse.toml in the checkout is not the committed one, which counts; commit it for later runs");
    }
    if row.checks.is_empty() && is_first(connection, rows).await {
        complain(NO_CHECKS);
    }
}

/// Whether these are the first runs here: what holds for every run of a repository is told with them alone.
async fn is_first(connection: &mut Connection, rows: &[Row]) -> bool {
    let Ok(scope) = here() else { return true };
    match connection.ask(Request::Rows(scope)).await {
        Ok(Reply::Rows(all)) => all.iter().all(|row| rows.iter().any(|new| new.id == row.id)),
        _ => true,
    }
}

/// Says which budgets could not act.
fn tell_blind_budgets(rows: &[Row]) {
    for row in rows.iter().filter(|row| row.budget_usd.is_some() && row.tokens_unpriced.is_some_and(|n| n > 0)) {
        let name = text::line(&row.name);
        complain(&format!(
            "{name}: its budget in money could not act on tokens without a price; `pilothouse help spend`"
        ));
    }
}

/// Reads the task: `-` is standard input, `@FILE` a file.
fn task(given: &str) -> Result<String, CliError> {
    if given == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    match given.strip_prefix('@') {
        None => Ok(given.to_owned()),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| CliError::new(Code::NotFound, format!("cannot read the task from {path}: {e}"))),
    }
}

/// Follows the rows until none of them will change by itself; with an error where one asks and nobody sits here. A run that asks is waited for, since a
/// person can answer it elsewhere; without a terminal nobody is told, so that ends the waiting.
/// Runs outlive their daemon, so the waiting does too.
pub(super) async fn wait(
    places: &Places,
    mut connection: Connection,
    mut rows: Vec<Row>,
    terminal: bool,
) -> Result<(Vec<Row>, Option<CliError>), CliError> {
    let mut now = watch(&mut connection).await;
    let mut progress = ProgressLine { shown: String::new(), terminal };
    loop {
        match now {
            Ok(changed) => take_up(&mut rows, changed),
            Err(client::ClientError::Gone) => {
                connection = client::connect(places).await?;
                now = watch(&mut connection).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        progress.show(&rows);
        if rows.iter().all(is_over) {
            progress.clear();
            return Ok((rows, None));
        }
        let asks = rows.iter().find(|row| row.status == "waiting");
        if let (Some(row), false) = (asks, std::io::stdin().is_terminal()) {
            let reason = text::line(row.reason.as_deref().unwrap_or("it waits"));
            let answer = format!("`pilothouse send {} --allow` or --deny", row.id);
            let asks = CliError::new(Code::HumanNeeded, format!("{}: {reason}; answer with {answer}", row.name));
            return Ok((rows, Some(asks)));
        }
        now = match connection.next().await {
            Some(FromDaemon::Rows { rows }) => Ok(rows),
            Some(_) => Ok(Vec::new()),
            None => Err(client::ClientError::Gone),
        };
    }
}

async fn watch(connection: &mut Connection) -> Result<Vec<Row>, client::ClientError> {
    match connection.ask(Request::Watch(Scope::All)).await? {
        Reply::Rows(rows) => Ok(rows),
        _ => Err(client::ClientError::Unexpected),
    }
}

/// Whether a run does not change by itself any more. An unknown one does not either: its timeline can't be read.
fn is_over(row: &Row) -> bool {
    row.is_settled() || row.status == "unknown"
}

/// The line on a terminal that is drawn again when it changes.
struct ProgressLine {
    shown: String,
    terminal: bool,
}

impl ProgressLine {
    fn show(&mut self, rows: &[Row]) {
        let line = match rows {
            [row] => {
                let row = row.clone().by_clock(when);
                let doing = row.reason.as_ref().or(row.activity.as_ref()).cloned().unwrap_or_default();
                if row.status == "waiting" {
                    // What to do stands before what may be cut.
                    return self.draw(&format!("{} asks (`pilothouse send {}` answers): {doing}", row.name, row.name));
                }
                let (tokens, cost) = (row.tokens_says(), row.cost_says());
                format!("{} {}  {tokens} tokens  {cost}  {doing}", row.name, row.status)
            }
            rows => {
                let over = rows.iter().filter(|row| is_over(row)).count();
                let asking = rows.iter().filter(|row| row.status == "waiting").count();
                format!("{over} of {} over, {asking} asking", rows.len())
            }
        };
        self.draw(&line);
    }

    fn draw(&mut self, line: &str) {
        let line: String = text::line(line).chars().take(columns().saturating_sub(1).max(20)).collect();
        if self.terminal && line != self.shown {
            let mut out = std::io::stdout();
            // A terminal that went away is noticed when the result is printed.
            let _drawn = write!(out, "\r\x1b[2K{line}").and_then(|()| out.flush());
            self.shown = line;
        }
    }

    fn clear(&self) {
        if self.terminal && !self.shown.is_empty() {
            let mut out = std::io::stdout();
            let _drawn = write!(out, "\r\x1b[2K").and_then(|()| out.flush());
        }
    }
}
