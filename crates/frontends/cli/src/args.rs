//! What can be typed. The doc comments are the help.

mod manual;
mod places;
mod run;
mod spend;
mod work;

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use manual::ManArgs;
pub(crate) use places::{AdoptArgs, GcArgs, RmArgs};
pub use run::RunArgs;
pub(crate) use spend::{ResumeArgs, ShowArgs, SpendArgs, SpendBy};
pub(crate) use work::{CheckArgs, DiffArgs, MergeArgs, PrArgs, ReviewArgs};
pub use work::{InitArgs, ProofArgs, ProofVerb, VerifyArgs};

/// Mission control for AI coding agents: each run in its own worktree, all on one screen.
///
/// Without a command it opens the cockpit for the repository you stand in.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 no daemon, 6 a person is needed."
)]
#[command(name = "pilothouse", version = crate::version::VERSION, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// All repositories, not only the one you stand in.
    #[arg(long)]
    pub all: bool,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Start a run: an agent at work on a task in a worktree of its own.
    Run(RunArgs),
    /// List the runs of the repository you stand in.
    Ls(LsArgs),
    /// Show one run.
    Show(ShowArgs),
    /// Show what happened in a run, event by event.
    Timeline(TimelineArgs),
    /// Show what the agent wrote.
    Logs(LogsArgs),
    /// Show a run's own terminal, or what its agent writes; the run goes on when you leave.
    Attach(AttachArgs),
    /// Answer a question that a run waits on.
    Send(SendArgs),
    /// Make every process of runs stand still; worktree and session stay.
    Pause(HoldArgs),
    /// Let paused runs go on; those that a budget stopped get as much again, or what you name.
    Resume(ResumeArgs),
    /// Try again what failed: a step of pilothouse's own alone; else a phase, in the agent's session if that was cut short, or
    /// anew from where it began.
    Retry(RetryArgs),
    /// Put files, index and branch back to a checkpoint; the present is kept as another one first.
    Rollback(RollbackArgs),
    /// Show what a run has changed, committed or not.
    Diff(DiffArgs),
    /// Run a run's checks again on its worktree as it is, and wait for what they come to.
    Check(CheckArgs),
    /// Write what a reviewer can check of a run into a folder; `verify` computes such a folder again.
    Proof(ProofArgs),
    /// Show a run's pull request with what reviewers said, open it, make it a draft, or close it.
    Pr(PrArgs),
    /// Approve a run's work, or ask its agent for changes.
    Review(ReviewArgs),
    /// Say whether a run may be merged, and if not, every reason; exit code 4 when it may not.
    Gate(OneArgs),
    /// Bring a run's work into its base when the gate is open; a worktree with nothing beside goes then.
    Merge(MergeArgs),
    /// Say in plain text which runs need you, why, and what to type.
    Triage(LsArgs),
    /// Show where tokens and money went.
    Spend(SpendArgs),
    /// Show the facts behind a run's status, each with its source and age.
    Explain(OneArgs),
    /// Put runs that are over out of sight; nothing of them is changed.
    Dismiss(ManyArgs),
    /// Remove the worktrees and branches of runs; everything in them is kept in a snapshot first.
    Rm(RmArgs),
    /// Bring a removed worktree and its branch back as they were.
    Restore(ManyArgs),
    /// List which worktrees may go and why, which not and why not, and remove the first.
    Gc(GcArgs),
    /// Take over the runs of a repository that was moved on disk and that you stand in.
    Adopt(AdoptArgs),
    /// Write a pilothouse.toml with the checks that the repository's own tools offer.
    Init(InitArgs),
    /// Look at the commands that the repository's pilothouse.toml has run, and trust them.
    Trust(TrustArgs),
    /// End runs: every process of them goes, their worktrees and branches stay.
    Terminate(TerminateArgs),
    /// List all worktrees of the repository, also those pilothouse did not make.
    Worktrees(JsonArgs),
    /// Show the daemon and how many runs need you.
    Status(StatusArgs),
    /// Check what pilothouse needs, where it keeps things and what survives here.
    Doctor(DoctorArgs),
    /// Try everything on a small repository in a temporary folder, without any key.
    Demo(DemoArgs),
    /// The process that watches over all runs; faces start it by themselves.
    Daemon {
        #[command(subcommand)]
        verb: DaemonVerb,
    },
    /// Say which pilothouse this is, and which one serves here.
    Version(JsonArgs),
    /// Print a completion script for a shell.
    Completions { shell: Shell },
    /// Print the manual page.
    Man(ManArgs),
    /// Show the help of a command, or a page of the documentation: agents, settings, spend, keys, score and others.
    Help {
        /// The command, or the page; without it all of them are listed.
        words: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct LsArgs {
    /// The runs of all repositories.
    #[arg(long)]
    pub all: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct OneArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AttachArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
}

#[derive(Debug, Args)]
pub struct TimelineArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Go on as new events come, until the run is over.
    #[arg(long)]
    pub follow: bool,
    /// Also pilothouse's own steps and the figures of single calls.
    #[arg(long)]
    pub all: bool,
    /// Print the events as they are stored, a line of JSON each.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Go on as the agent writes more, until the attempt is over.
    #[arg(long)]
    pub follow: bool,
    /// The attempt, like `build.1`; default: the last one.
    #[arg(long, value_name = "PHASE.N")]
    pub attempt: Option<String>,
    /// Standard error instead.
    #[arg(long)]
    pub stderr: bool,
    /// As the agent wrote it, not as a transcript.
    #[arg(long)]
    pub raw: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false, id = "what")]
pub struct Answering {
    /// An answer in words, or an option by its label or number; one for each question, or NAME=ANSWER for each.
    #[arg(group = "what")]
    pub text: Vec<String>,
    /// Allow it once.
    #[arg(long, group = "what")]
    pub allow: bool,
    /// Allow it for the rest of this run.
    #[arg(long, group = "what")]
    pub allow_run: bool,
    /// Say no.
    #[arg(long, group = "what")]
    pub deny: bool,
    /// Take a form away without an answer.
    #[arg(long, group = "what")]
    pub cancel: bool,
}

#[derive(Debug, Args)]
#[command(override_usage = "pilothouse send [OPTIONS] <RUN> <TEXT|--allow|--allow-run|--deny|--cancel>...")]
pub struct SendArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// The question that is answered, as `triage` and `show` name it; refused when the run asks something else by now.
    #[arg(long)]
    pub question: Option<String>,
    #[command(flatten)]
    pub answer: Answering,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ManyArgs {
    /// Ids, names, or beginnings of them.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HoldArgs {
    /// Ids, names, or beginnings of them.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// Don't ask before an agent that was started by hand is meant.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RetryArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// The phase to try again, anew; default: the one that did not finish, or the last.
    #[arg(long)]
    pub phase: Option<String>,
    /// Keep the worktree as it is and go on in the agent's own session.
    #[arg(long, conflicts_with = "fresh")]
    pub resume: bool,
    /// Begin the phase anew also where the agent's session could go on.
    #[arg(long)]
    pub fresh: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// The checkpoint's number; `pilothouse show RUN` lists them.
    pub checkpoint: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Those of the commit that a run with this --base would begin at.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// Trust them without asking.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// List every setting in force here, with the file that set it.
    #[arg(long)]
    pub settings: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TerminateArgs {
    /// Ids, names, or beginnings of them.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// How long processes may take to end by themselves, like 10s or 500ms.
    #[arg(long, default_value = "10s", value_parser = grace)]
    pub grace: Duration,
    /// Don't ask before an agent that was started by hand is meant.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// One line for a status bar; starts no daemon, and is empty where there is none.
    #[arg(long, value_enum)]
    pub format: Option<StatusFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StatusFormat {
    /// With the colours of tmux: `set -g status-right '#(pilothouse status --format tmux)'`.
    Tmux,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Without the cockpit: run to the end, print a line per run.
    #[arg(long)]
    pub headless: bool,
    /// A real agent that is installed, at work with a scripted model: claude, codex, gemini, opencode,
    /// claude-agent-acp or aider.
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum DaemonVerb {
    /// Show the daemon; does not start one.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End the daemon; runs go on and the next face starts it again.
    Stop,
    /// Serve in the foreground.
    Run,
}

/// Reads `10s`, `500ms` or `2m`.
fn grace(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "a number with s, ms or m is expected, like 10s".to_owned())?;
    let duration = match unit {
        "ms" => Duration::from_millis(number),
        "s" | "" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err(format!("{unit:?} is no unit of time; use ms, s or m")),
    };
    if duration > Duration::from_secs(3600) { Err("an hour is the longest".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn graces_are_read() {
        assert_eq!(grace("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(grace("0s"), Ok(Duration::ZERO));
        assert_eq!(grace("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(grace("2m"), Ok(Duration::from_secs(120)));
        assert!(grace("s").is_err() && grace("3y").is_err() && grace("9999m").is_err());
    }
}
