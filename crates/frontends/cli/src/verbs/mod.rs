//! One file per verb, and what they have in common: the connection and where the person stands.

mod adopt;
mod calls;
mod check;
mod daemon;
mod diff;
mod dismiss;
pub mod doc;
mod explain;
mod gate;
mod gc;
mod help;
mod kept;
mod logs;
mod ls;
mod merge;
mod notes;
mod pause;
mod pr;
mod proof;
mod restore;
mod resume;
mod retry;
mod review;
mod rm;
mod rollback;
pub(crate) mod run;
mod send;
mod show;
mod spend;
mod status;
mod terminate;
mod timeline;
mod triage;
mod trust;
mod version;
mod worktrees;

use client::{Connection, Places};
use domain::command::Command;
use protocol::{Acted, Code, Reply, Request, Row, Scope};

use crate::args::Verb;
use crate::error::CliError;
use crate::out::Out;

/// Carries out a verb; gives the exit code. `attach`, `doctor` and `demo` are not among them: they need the cockpit,
/// no daemon, or one of their own.
///
/// # Errors
/// With the contract's exit code and words for the person.
pub async fn perform(verb: Verb, all: bool, places: &Places) -> Result<Code, CliError> {
    match verb {
        Verb::Run(args) => run::run(args, places).await,
        Verb::Ls(args) => ls::ls(&args, all, places).await,
        Verb::Show(args) => show::show(&args, places).await,
        Verb::Timeline(args) => timeline::timeline(&args, places).await,
        Verb::Logs(args) => logs::logs(&args, places).await,
        Verb::Send(args) => send::send(args, places).await,
        Verb::Pause(args) => pause::pause(args, places).await,
        Verb::Resume(args) => resume::resume(args, places).await,
        Verb::Retry(args) => retry::retry(args, places).await,
        Verb::Rollback(args) => rollback::rollback(args, places).await,
        Verb::Diff(args) => diff::diff(args, places).await,
        Verb::Check(args) => check::check(args, places).await,
        Verb::Proof(args) => proof::proof(args, places).await,
        Verb::Pr(args) => pr::pr(args, places).await,
        Verb::Review(args) => review::review(args, places).await,
        Verb::Gate(args) => gate::gate(args, places).await,
        Verb::Merge(args) => merge::merge(args, places).await,
        Verb::Triage(args) => triage::triage(&args, all, places).await,
        Verb::Spend(args) => spend::spend(&args, all, places).await,
        Verb::Explain(args) => explain::explain(args, places).await,
        Verb::Dismiss(args) => dismiss::dismiss(args, places).await,
        Verb::Rm(args) => rm::rm(args, places).await,
        Verb::Restore(args) => restore::restore(args, places).await,
        Verb::Adopt(args) => adopt::adopt(&args, places).await,
        Verb::Gc(args) => gc::gc(&args, places).await,
        Verb::Trust(args) => trust::trust(&args, places).await,
        Verb::Terminate(args) => terminate::terminate(args, places).await,
        Verb::Worktrees(args) => worktrees::worktrees(&args, places).await,
        Verb::Status(args) => status::status(&args, places).await,
        Verb::Daemon { verb } => daemon::daemon(verb, places).await,
        Verb::Version(args) => version::version(args.json, places),
        Verb::Completions { shell } => doc::completions(shell),
        Verb::Man(args) => doc::man(args.pages.as_deref()),
        Verb::Help { words } => help::help(&words),
        Verb::Attach(_) | Verb::Doctor(_) | Verb::Demo(_) | Verb::Init(_) => {
            Err(CliError::new(Code::Usage, "this verb is carried out elsewhere"))
        }
    }
}

/// The scope of a person who stands in a repository.
fn here() -> Result<Scope, CliError> {
    Ok(Scope::Here(std::env::current_dir()?))
}

/// The row of the run that `asked` names. Ids work from anywhere, names in their repository.
///
/// # Errors
/// When there is none, or several.
async fn find(connection: &mut Connection, asked: &str) -> Result<Row, CliError> {
    let scope = here()?;
    match connection.ask(Request::Row { run: asked.to_owned(), scope }).await? {
        Reply::Row(row) => Ok(*row),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// The row of the run that `asked` names, for what only a run has.
///
/// # Errors
/// Also for an agent that was started by hand.
pub async fn find_run(connection: &mut Connection, asked: &str) -> Result<Row, CliError> {
    let row = find(connection, asked).await?;
    if row.is_observed() {
        let reason = format!(
            "{} was started by hand and is no run of pilothouse; `pilothouse show` tells what is known",
            row.name
        );
        return Err(CliError::new(Code::Refused, reason));
    }
    Ok(row)
}

/// What a person says to acting on agents that were started by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByHand {
    /// There is none among them, or nobody was asked; the daemon refuses those it finds all the same.
    Unasked,
    Yes,
    No,
}

/// Asks before something is done with agents that were started by hand. Runs are acted on unasked.
async fn confirm_by_hand(
    connection: &mut Connection,
    runs: &[String],
    does: &str,
    yes: bool,
    out: &mut Out,
) -> Result<ByHand, CliError> {
    if yes {
        return Ok(ByHand::Yes);
    }
    let mut by_hand = Vec::new();
    for run in runs {
        // What is not found is told of by the verb itself.
        by_hand.extend(find(connection, run).await.ok().filter(Row::is_observed));
    }
    if by_hand.is_empty() {
        return Ok(ByHand::Unasked);
    }
    let told = if out.json { &[][..] } else { &by_hand };
    for row in told {
        let why = domain::text::line(row.reason.as_deref().unwrap_or_default());
        out.line(format!("{}  {}  {why}", domain::text::line(&row.name), row.status))?;
    }
    // A program that reads JSON can't be asked.
    if confirm(&format!("{does} what was started by hand?"), out.terminal && !out.json)? {
        return Ok(ByHand::Yes);
    }
    out.line("nothing was done")?;
    Ok(ByHand::No)
}

/// Has something done with runs, and gives what became of each.
async fn act(connection: &mut Connection, runs: Vec<String>, command: Command) -> Result<Vec<Acted>, CliError> {
    act_with(connection, runs, command, ByHand::Unasked).await
}

async fn act_with(
    connection: &mut Connection,
    runs: Vec<String>,
    command: Command,
    said: ByHand,
) -> Result<Vec<Acted>, CliError> {
    let by_hand_too = said == ByHand::Yes;
    match connection.ask(Request::Act { runs, scope: here()?, command, by_hand_too }).await? {
        Reply::Acted(acted) => Ok(acted),
        _ => Err(client::ClientError::Unexpected.into()),
    }
}

/// What is said of a run whose base commit defines no checks.
const NO_CHECKS: &str = "no checks are defined, so no score is asked for; `pilothouse init` proposes some";

/// A verb that does one thing with one or more runs and says so.
async fn act_and_report(
    places: &Places,
    runs: Vec<String>,
    command: Command,
    json: bool,
    done: &str,
) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let acted = act(&mut connection, runs, command).await?;
    report(&mut Out::stdout(json), &acted, done)
}

/// Asks a person to go on; without a terminal there is no one to ask.
fn confirm(question: &str, terminal: bool) -> Result<bool, CliError> {
    use std::io::{BufRead, IsTerminal, Write};
    if !terminal || !std::io::stdin().is_terminal() {
        return Err(CliError::new(Code::HumanNeeded, "this asks before it acts, and here is no terminal; say --yes"));
    }
    write!(std::io::stdout(), "{question} [y/N] ")?;
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Prints what was done with each run; the exit code is that of the first that failed.
fn report(out: &mut Out, acted: &[Acted], done: &str) -> Result<Code, CliError> {
    if out.json {
        let objects: Vec<_> = acted
            .iter()
            .map(|a| {
                let ok = a.code == Code::Done;
                serde_json::json!({"run": a.run, "ok": ok, "code": a.code as i32, "reason": a.reason, "note": a.note})
            })
            .collect();
        out.value(&objects)?;
    } else {
        for one in acted {
            let run = domain::text::line(one.name.as_ref().unwrap_or(&one.run));
            match &one.reason {
                None => {
                    out.line(format!("{run}: {done}"))?;
                    if let Some(note) = &one.note {
                        out.line(format!("{run}: {}", domain::text::line(note)))?;
                    }
                }
                Some(reason) => complain(&format!("{run}: {}", domain::text::line(reason))),
            }
        }
    }
    Ok(acted.iter().map(|a| a.code).find(|code| *code != Code::Done).unwrap_or(Code::Done))
}

/// Takes up changed rows of the runs that a verb waits for; others are passed over.
fn take_up(rows: &mut [Row], changed: Vec<Row>) {
    for new in changed {
        if let Some(row) = rows.iter_mut().find(|row| row.id == new.id) {
            *row = new;
        }
    }
}

/// A line on standard error, where no program that reads our output trips over it.
fn complain(line: &str) {
    use std::io::Write;
    // Without a standard error there is no one to tell.
    let _told = writeln!(std::io::stderr(), "pilothouse: {line}");
}
