//! What can be typed after the commands that are about tokens and money.

use clap::Args;
use domain::money::Usd;

use super::run;

#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// Ids, names, or beginnings of them.
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// What each may cost in all from now on, like 2.00; the budgets of day and repository don't stop it until then.
    #[arg(long, value_name = "USD", value_parser = run::usd)]
    pub budget: Option<Usd>,
    /// The same in tokens.
    #[arg(long, value_name = "N", value_parser = run::count)]
    pub tokens: Option<u64>,
    /// Don't ask before an agent that was started by hand is meant.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Every call of a model, not only the last ones.
    #[arg(long)]
    pub calls: bool,
    /// Print JSON; with --calls the calls.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SpendArgs {
    /// What the sums are made by.
    #[arg(long, value_enum, default_value_t = SpendBy::Agent)]
    pub by: SpendBy,
    /// The last N days, today too.
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// The runs of all repositories.
    #[arg(long)]
    pub all: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// The key that sums of tokens and money are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SpendBy {
    Agent,
    Model,
    Day,
    Repo,
    Run,
}
