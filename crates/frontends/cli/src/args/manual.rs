//! What can be typed after the command that prints the manual.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder instead, as packages have them.
    #[arg(long, value_name = "DIR")]
    pub pages: Option<PathBuf>,
}
