//! One file per verb, and what they have in common: the connection and where the person stands.

mod act;
mod adopt;
mod by_hand;
mod calls;
mod check;
mod confirm;
mod daemon;
mod diff;
mod dismiss;
pub mod doc;
mod explain;
mod find;
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
mod report;
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

use client::Places;
use protocol::Code;

pub use find::find_run;

use crate::args::Verb;
use crate::error::CliError;

/// Carries out a verb; returns the exit code. `attach`, `doctor` and `demo` are not among them: they need the cockpit,
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
