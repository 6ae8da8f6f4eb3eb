//! `pilothouse pr`: a run's pull request, and what reviewers said.

use client::Places;
use domain::command::Command;
use domain::pull_request::PullState;
use domain::{figures, text};
use protocol::{Code, CommentRow, Reply, Request, Row};

use super::act::act;
use super::find::{find_run, here};
use super::report::report;
use crate::args::PrArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn pr(args: PrArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut row = find_run(&mut connection, &args.run).await?;
    let mut out = Out::stdout(args.json);
    let asked = [(args.open, PullState::Open), (args.draft, PullState::Draft), (args.close, PullState::Closed)];
    if let Some((_, to)) = asked.into_iter().find(|(asked, _)| *asked) {
        let acted = act(&mut connection, vec![row.id.to_string()], Command::Pr { to }).await?;
        if acted.iter().any(|one| one.code != Code::Done) {
            return report(&mut out, &acted, "");
        }
        row = find_run(&mut connection, row.id.as_str()).await?;
        if row.pr.as_ref().is_none_or(|pull| pull.state != to.word()) {
            let note = acted.iter().find_map(|one| one.note.clone());
            let why = note.unwrap_or_else(|| "`pilothouse timeline` says why".to_owned());
            return Err(CliError::new(Code::Failed, format!("{}: it is not {}: {why}", row.name, to.word())));
        }
    }
    if out.json {
        out.value(&row.pr)?;
        return Ok(if row.pr.is_some() { Code::Done } else { Code::NotFound });
    }
    let Some(pull) = &row.pr else {
        let next =
            "a run gets one when it is ready and its proof is written; `pilothouse pr RUN --open` opens one before";
        return Err(CliError::new(Code::NotFound, format!("{}: it has no pull request; {next}", row.name)));
    };
    let request = Request::Diff { run: row.id.to_string(), scope: here()?, since: None, patch: false };
    let comments = match connection.ask(request).await {
        Ok(Reply::Diff(diff)) => diff.comments,
        // A run whose commits are gone still has its pull request.
        _ => Vec::new(),
    };
    out.line(format!("{}  {}", pull.name(), text::line(row.task.as_deref().unwrap_or_default())))?;
    let name = |name: Option<&String>| text::line(name.map_or(figures::UNKNOWN, String::as_str));
    out.line(format!("{:<9} {} into {}", "branch", name(row.branch.as_ref()), name(row.base.as_ref())))?;
    out.line(format!("{:<9} {}", "stands", pull.says(row.head.as_deref())))?;
    out.line(format!("{:<9} {}", "gate", gate(&row)))?;
    out.line(format!("{:<9} {}", "page", name(pull.url.as_ref())))?;
    for said in &comments {
        out.line(format!("{:<9} {}", "comment", comment(said)))?;
    }
    Ok(Code::Done)
}

fn gate(row: &Row) -> String {
    let closed = row.proof.as_ref().map(|proof| proof.closed.join("; ")).unwrap_or_default();
    let why = if closed.is_empty() { String::new() } else { format!(": {}", text::line(&closed)) };
    format!("{}{why}", row.gate.as_deref().unwrap_or(figures::UNKNOWN))
}

/// `src/a.rs:41 why so? (its line was changed since; waits for a verdict)`.
fn comment(said: &CommentRow) -> String {
    let line = said.now.unwrap_or(said.comment.line);
    let notes =
        [said.now.is_none().then_some("its line was changed since"), (!said.sent).then_some("waits for a verdict")];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join("; ")) };
    format!("{}:{line} {}{notes}", text::shown(&said.comment.path), text::shown(&said.comment.text))
}
