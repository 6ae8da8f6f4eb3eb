//! What can be typed. The doc comments are the help.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use domain::policy::Policy;

/// Mission control for AI coding agents: each run in its own worktree, all on one screen.
///
/// Without a command it opens the cockpit for the repository you stand in.
#[derive(Debug, Parser)]
#[command(name = "pilothouse", version, propagate_version = true)]
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
    Show(OneArgs),
    /// Show what happened in a run, event by event.
    Timeline(TimelineArgs),
    /// Show what the agent wrote.
    Logs(LogsArgs),
    /// Show a run's own terminal, or what its agent writes; the run goes on when you leave.
    Attach(AttachArgs),
    /// Answer a question that a run waits on.
    Send(SendArgs),
    /// Make every process of runs stand still; worktree and session stay.
    Pause(ManyArgs),
    /// Let paused runs go on.
    Resume(ManyArgs),
    /// Try a phase again: go on in the agent's session if it was cut short, else anew from where the phase began.
    Retry(RetryArgs),
    /// Put files, index and branch back to a checkpoint; the present is kept as another one first.
    Rollback(RollbackArgs),
    /// Show what a run has changed, committed or not.
    Diff(DiffArgs),
    /// Say in plain text which runs need you, why, and what to type.
    Triage(LsArgs),
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
    /// Print a completion script for a shell.
    Completions { shell: Shell },
    /// Print the manual page.
    Man,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// What is to be done; `-` reads it from standard input, `@FILE` from a file.
    pub task: String,
    /// The agent, as NAME or NAME:MODEL.
    #[arg(long, value_name = "NAME[:MODEL]")]
    pub agent: Option<String>,
    /// The run's name; made from the task if not given.
    #[arg(long)]
    pub name: Option<String>,
    /// The branch, tag or commit to start from; default: the branch the repository is on.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// How many runs of the same task.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub count: u32,
    /// A phase of the run, in order: one of the settings' by its NAME, or NAME:PROMPT, with {task} for the task.
    #[arg(long = "phase", value_name = "NAME[:PROMPT]")]
    pub phases: Vec<String>,
    /// Pause the run when it has used this many tokens by the agent's own count, like 500k or 2M.
    #[arg(long, value_name = "N", value_parser = count)]
    pub tokens: Option<u64>,
    /// What the agents may do without asking: ask, edits, all or sandboxed; default: as the settings say.
    #[arg(long, value_parser = policy)]
    pub policy: Option<Policy>,
    /// Have the agent show its own screen in a terminal, which `attach` and the cockpit show.
    #[arg(long)]
    pub interactive: bool,
    /// Show the run's terminal, or what the agent writes, as soon as it works.
    #[arg(long, conflicts_with_all = ["wait", "json"])]
    pub attach: bool,
    /// Stay until the run is over; ctrl-c only leaves, the run goes on.
    #[arg(long)]
    pub wait: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
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
    /// An id, a name, or the beginning of an id.
    pub run: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads `edits`.
fn policy(text: &str) -> Result<Policy, String> {
    Policy::parse(text).ok_or_else(|| "expected ask, edits, all or sandboxed".to_owned())
}

/// Reads `500k`.
fn count(text: &str) -> Result<u64, String> {
    let read = domain::figures::read_count(text).filter(|n| *n > 0);
    read.ok_or_else(|| "expected a number above 0 like 1500, 500k or 2M".to_owned())
}

#[derive(Debug, Args)]
pub struct AttachArgs {
    /// An id, a name, or the beginning of an id.
    pub run: String,
}

#[derive(Debug, Args)]
pub struct TimelineArgs {
    /// An id, a name, or the beginning of an id.
    pub run: String,
    /// Go on as new events come, until the run is over.
    #[arg(long)]
    pub follow: bool,
    /// Print the events as they are stored, a line of JSON each.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// An id, a name, or the beginning of an id.
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
    /// An answer in words.
    #[arg(group = "what")]
    pub text: Option<String>,
    /// Allow it once.
    #[arg(long, group = "what")]
    pub allow: bool,
    /// Allow it for the rest of this run.
    #[arg(long, group = "what")]
    pub allow_run: bool,
    /// Say no.
    #[arg(long, group = "what")]
    pub deny: bool,
}

#[derive(Debug, Args)]
pub struct SendArgs {
    /// An id, a name, or the beginning of an id.
    pub run: String,
    #[command(flatten)]
    pub answer: Answering,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ManyArgs {
    /// Ids, names, or beginnings of ids.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RetryArgs {
    /// An id, a name, or the beginning of an id.
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
    /// An id, a name, or the beginning of an id.
    pub run: String,
    /// The checkpoint's number; `pilothouse show RUN` lists them.
    pub checkpoint: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// An id, a name, or the beginning of an id.
    pub run: String,
    /// Compare with this checkpoint instead of the base.
    #[arg(long, value_name = "N")]
    pub since: Option<u32>,
    /// Only the files with their counts of lines.
    #[arg(long)]
    pub stat: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RmArgs {
    /// Ids, names, or beginnings of ids.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct GcArgs {
    /// Only list.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
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
    /// Ids, names, or beginnings of ids.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// How long processes may take to end by themselves, like 10s or 500ms.
    #[arg(long, default_value = "10s", value_parser = grace)]
    pub grace: Duration,
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
