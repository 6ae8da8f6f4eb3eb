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
    /// The checkpoints of runs that are over instead: snapshots stay, and git has the room back when it next collects.
    #[arg(long)]
    pub checkpoints: bool,
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
pub struct AdoptArgs {
    /// The runs that were made when this repository lay elsewhere; it and its worktrees are where they are to stay,
    /// and git knows (`git worktree repair`).
    #[arg(long, required = true)]
    pub moved: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
