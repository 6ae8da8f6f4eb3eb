//! What can be typed after `pilothouse run`.

use clap::Args;
use domain::money::Usd;
use domain::policy::Policy;

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
    /// Make the run stand still when it has cost this much, like 0.50, until you let it go on.
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub budget: Option<Usd>,
    /// The same when it has used this many tokens, like 500k or 2M.
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
    /// Stay until the run is over; ctrl-c only leaves, the run goes on. Without a terminal it ends when the run asks, with 6.
    #[arg(long)]
    pub wait: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads `edits`.
fn policy(text: &str) -> Result<Policy, String> {
    Policy::parse(text).ok_or_else(|| "expected ask, edits, all or sandboxed".to_owned())
}

/// Reads `0.50`.
pub(super) fn usd(text: &str) -> Result<Usd, String> {
    Usd::parse(text).ok_or_else(|| "expected USD above 0 like 0.50 or 12".to_owned())
}

/// Reads `500k`.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let read = domain::figures::read_count(text).filter(|n| *n > 0);
    read.ok_or_else(|| "expected a number above 0 like 1500, 500k or 2M".to_owned())
}
