//! The folders and programs that a daemon works with.

use std::path::PathBuf;

/// The places that a daemon works in.
#[derive(Debug, Clone)]
pub struct DaemonPlaces {
    /// The state folder.
    pub home: PathBuf,
    /// The folder of sockets, with a short path.
    pub runtime: PathBuf,
    /// The user's settings file, which need not exist.
    pub config: PathBuf,
    /// pilothouse's own binary, for keepers and the built-in agent.
    pub binary: PathBuf,
    /// Keys that were taken out of the environment, for the gateway.
    pub keys: gateway::GivenKeys,
}
