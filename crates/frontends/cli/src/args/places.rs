//! What can be typed after the commands that are about where worktrees are, and whether they stay.

use clap::Args;

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
