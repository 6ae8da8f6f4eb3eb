//! `pilothouse diff`: what a run has changed, committed or not.

use client::Places;
use domain::{figures, text};
use protocol::{Code, Reply, Request};

use super::here;
use crate::args::DiffArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn diff(args: DiffArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let request = Request::Diff { run: args.run, scope: here()?, since: args.since };
    let Reply::Diff(diff) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&diff)?;
        return Ok(Code::Done);
    }
    if args.stat {
        let lines = |n: Option<u64>| n.map_or_else(|| figures::UNKNOWN.to_owned(), |n| n.to_string());
        let rows: Vec<_> =
            diff.files.iter().map(|f| vec![lines(f.added), lines(f.removed), text::line(&f.path)]).collect();
        out.table(&["+", "-", "FILE"], &rows)?;
        return Ok(Code::Done);
    }
    // `NO_COLOR` is asked for what it says (no-color.org): set and not empty.
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    for line in diff.text.lines() {
        let line = text::block(line);
        out.line(match colour(&line).filter(|_| out.terminal && !plain) {
            Some(colour) => format!("\u{1b}[{colour}m{line}\u{1b}[0m"),
            None => line,
        })?;
    }
    if diff.cut {
        super::complain("the rest is left out; `git diff` in the worktree shows all of it");
    }
    Ok(Code::Done)
}

/// The named colour of a line of a unified diff, as git has them.
fn colour(line: &str) -> Option<u8> {
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(1),
        [b'+', ..] => Some(32),
        [b'-', ..] => Some(31),
        [b'@', b'@', ..] => Some(36),
        _ if line.starts_with("diff ") || line.starts_with("index ") => Some(1),
        _ => None,
    }
}
