//! Pausing, resuming and ending agents that a person started by hand, by the identity of their process.

use std::time::Duration;

use domain::command::Command;
use domain::effect::Outcome;
use supervisor::{Identity, end_tree, freeze_tree, resume_tree};

/// Carries out a command on the processes of an external agent; returns the outcome, and what a person should know
/// beside. Blocks.
pub(super) fn act(root: &Identity, command: &Command) -> (Outcome, Option<String>) {
    let gone = || (Outcome::Refused("it has ended by itself".to_owned()), None);
    match command {
        Command::Pause => match freeze_tree(root) {
            None => gone(),
            Some(frozen) if frozen.n < frozen.of => {
                (Outcome::Failed(format!("in part only: {}", frozen.describe())), None)
            }
            Some(frozen) => (Outcome::Done, Some(frozen.describe())),
        },
        Command::Resume { .. } => match resume_tree(root) {
            None => gone(),
            Some(resumed) if resumed.in_background && resumed.stopped > 0 => {
                let reason =
                    "its shell has its terminal, and stops it as soon as it uses it: type `fg` there".to_owned();
                (Outcome::Failed(reason), None)
            }
            Some(resumed) if resumed.stopped > 0 => {
                let reason = format!("{} of its processes stand still all the same; look there", resumed.stopped);
                (Outcome::Failed(reason), None)
            }
            Some(resumed) => {
                let note = "its shell has its terminal: type `fg` there to work with it again";
                (Outcome::Done, resumed.in_background.then(|| note.to_owned()))
            }
        },
        Command::Terminate { grace_ms } => match end_tree(root, Duration::from_millis(*grace_ms)) {
            Ok(0) => gone(),
            Ok(1) => (Outcome::Done, Some("it had one process, which was ended".to_owned())),
            Ok(ended) => (Outcome::Done, Some(format!("{ended} processes were ended; nothing of its tree lives"))),
            Err(left) => (Outcome::Failed(format!("{left} of its processes live on; kill them by hand")), None),
        },
        Command::Retry { .. }
        | Command::Reply { .. }
        | Command::Rollback { .. }
        | Command::Check { .. }
        | Command::Proof
        | Command::Review { .. }
        | Command::Comment { .. }
        | Command::Pr { .. }
        | Command::Gate
        | Command::Merge { .. }
        | Command::Dismiss
        | Command::Adopt { .. }
        | Command::DropCheckpoints
        | Command::Rm
        | Command::Restore => (Outcome::Refused("it is no run of pilothouse".to_owned()), None),
    }
}
