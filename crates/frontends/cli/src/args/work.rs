//! What can be typed to look at a run's work and to judge it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// An id, a name, or the beginning of one.
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
pub struct CheckArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Only this check; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ProofArgs {
    #[command(subcommand)]
    pub verb: Option<ProofVerb>,
    /// An id, a name, or the beginning of one.
    #[arg(required = true)]
    pub run: Option<String>,
    /// Copy the pack into this folder too; it must not be there yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ProofVerb {
    /// Compute a proof pack again and name each thing that does not hold; needs no daemon.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The folder of the pack.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// A repository that has its base commit; default: the one you stand in. A pack names none: it may be a stranger's.
    #[arg(long, value_name = "DIR")]
    pub repo: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PrArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Open it; one that is a draft or closed is not merged.
    #[arg(long, group = "to")]
    pub open: bool,
    /// Make it a draft.
    #[arg(long, group = "to")]
    pub draft: bool,
    /// Close it without a merge; branch and worktree stay.
    #[arg(long, group = "to")]
    pub close: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("verdict").required(true).args(["approve", "changes"])))]
pub struct ReviewArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// Approve the commit that its branch is at.
    #[arg(long)]
    pub approve: bool,
    /// Ask its agent for changes; it goes on in its session with this and with what was said of single lines, and its checks
    /// are run again.
    #[arg(long, value_name = "TEXT")]
    pub changes: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// An id, a name, or the beginning of one.
    pub run: String,
    /// How, instead of what the settings say.
    #[arg(long, value_name = "HOW", value_parser = ["squash", "merge", "rebase"])]
    pub method: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Print it instead.
    #[arg(long)]
    pub print: bool,
}
