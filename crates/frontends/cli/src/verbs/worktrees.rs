//! `pilothouse worktrees`: all worktrees of the repository, foreign ones too.

use client::Places;
use domain::{figures, text};
use protocol::{Code, Reply, Request, WorktreeRow};

use crate::args::JsonArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn worktrees(args: &JsonArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let folder = std::env::current_dir()?;
    let Reply::Worktrees(rows) = connection.ask(Request::Worktrees { folder }).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    let mut out = Out::stdout(args.json);
    if out.json {
        out.value(&rows)?;
    } else {
        let table: Vec<_> = rows.iter().map(cells).collect();
        out.table(&["BRANCH", "HEAD", "STATE", "AHEAD", "BEHIND", "RUN", "PATH"], &table)?;
    }
    Ok(Code::Done)
}

fn cells(row: &WorktreeRow) -> Vec<String> {
    let unknown = || figures::UNKNOWN.to_owned();
    let number = |n: Option<u64>| n.map_or_else(unknown, |n| n.to_string());
    let mut state = vec![match row.dirty {
        Some(true) => "dirty",
        Some(false) => "clean",
        None => figures::UNKNOWN,
    }];
    state.extend(row.locked.then_some("locked"));
    state.extend(row.prunable.then_some("gone"));
    state.extend(row.foreign.then_some("not ours"));
    let branch = row.branch.clone().unwrap_or_else(|| if row.detached { "(detached)".to_owned() } else { unknown() });
    vec![
        text::shown(&branch),
        row.head.as_deref().map_or_else(unknown, |head| text::line(head).chars().take(8).collect()),
        state.join(" "),
        number(row.ahead),
        number(row.behind),
        row.run.as_deref().map_or_else(|| figures::NONE.to_owned(), text::line),
        text::shown(&row.path),
    ]
}
