//! The command line: one file per verb, exit codes and JSON as the contract says.

mod args;
mod error;
mod out;
mod verbs;
mod version;
mod when;

pub use args::{Cli, DaemonVerb, DemoArgs, InitArgs, ProofArgs, ProofVerb, RunArgs, Verb, VerifyArgs};
pub use error::CliError;
pub use out::Out;
pub use verbs::run::start;
pub use verbs::{doc, find_run, perform};
