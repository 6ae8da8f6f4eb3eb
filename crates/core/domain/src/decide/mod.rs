//! What follows from a run's state, a command or an effect's outcome: events to append and effects to perform.

mod adopt;
mod answer;
mod background;
mod budget;
mod check;
mod checking;
mod comment;
mod decision;
mod dismiss;
mod drop;
mod finished;
mod go_on;
mod merge;
mod next;
mod pause;
mod pr;
mod proof;
mod reply;
mod restore;
mod resume;
mod retry;
mod review;
mod rm;
mod rollback;
mod terminate;

pub use adopt::{NewPlace, adopt};
pub use answer::{FittingAnswer, answer, given};
pub use background::{rested, rests_until};
pub use budget::reason as budget_reason;
pub use check::check;
pub use comment::comment;
use decision::settled;
pub use decision::{Decision, Refusal};
pub use dismiss::dismiss;
pub use drop::{drop_checkpoints, may_drop};
pub use finished::{Facts, finished};
pub use go_on::go_on;
pub use merge::{gate, merge};
pub use next::next;
pub use pause::pause;
pub use pr::pr;
pub use proof::{proof, prove_again, proves_again_at};
pub use reply::reply;
pub use restore::restore;
pub use resume::resume;
pub use retry::{RetryOrder, retry};
pub use review::{ReviewOrder, review};
pub use rm::rm;
pub use rollback::rollback;
pub use terminate::terminate;

use crate::command::Command;
use crate::comment::Comment;
use crate::event::WorkMeasured;
use crate::run::RunState;
use crate::status::By;

/// Decides what a person asks of a run. `alive` is the count of its processes where the command
/// [needs it](Command::needs_count).
///
/// # Errors
/// Why it is not carried out.
pub fn command(run: &RunState, command: &Command, alive: usize) -> Result<Decision, Refusal> {
    let by = By::Person;
    match command {
        Command::Pause => pause(run, by),
        Command::Resume { budget } => resume(run, *budget, by),
        Command::Retry { phase, resume } => {
            retry(run, &RetryOrder { phase: phase.as_deref(), resume: *resume, alive }, by)
        }
        Command::Terminate { grace_ms } => terminate(run, *grace_ms, by),
        Command::Reply { text } => reply(run, text, alive, by),
        Command::Rollback { to } => rollback(run, *to, alive, by),
        Command::Check { names } => check(run, names, alive, by),
        Command::Proof => proof(run, by),
        Command::Review { .. } | Command::Gate | Command::Merge { .. } => {
            merge::not_yet(run)?;
            settled(run, alive)?;
            Err(Refusal::new("its work was not looked at", "try again"))
        }
        Command::Comment { comment } => self::comment(run, comment, by),
        Command::Pr { to } => pr(run, *to, by),
        Command::Dismiss => dismiss(run),
        Command::Adopt { .. } => Err(Refusal::new("where its repository is now was not looked at", "try again")),
        Command::DropCheckpoints => drop_checkpoints(run, alive, by),
        Command::Rm => rm(run, alive, by),
        Command::Restore => restore(run, by),
    }
}

/// Decides what a person asks of a run's work as it is at this moment: a review, a look at the gate, a merge. `stale` are
/// the comments whose lines are no more what was said something of.
///
/// # Errors
/// Why it is not carried out.
pub fn judged(
    run: &RunState,
    command: &Command,
    alive: usize,
    now: &WorkMeasured,
    stale: &[Comment],
) -> Result<Decision, Refusal> {
    merge::not_yet(run)?;
    settled(run, alive)?;
    match command {
        Command::Review { verdict, text } => {
            review(run, &ReviewOrder { verdict: *verdict, text, stale }, now, By::Person)
        }
        Command::Gate => gate(run, now),
        Command::Merge { method } => merge(run, *method, now, By::Person),
        Command::Pause
        | Command::Resume { .. }
        | Command::Retry { .. }
        | Command::Reply { .. }
        | Command::Terminate { .. }
        | Command::Rollback { .. }
        | Command::Check { .. }
        | Command::Proof
        | Command::Comment { .. }
        | Command::Pr { .. }
        | Command::Dismiss
        | Command::Adopt { .. }
        | Command::DropCheckpoints
        | Command::Rm
        | Command::Restore => self::command(run, command, alive),
    }
}
