//! The state folder: where all runs lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::RunId;

use crate::atomic;
use crate::error::EvidenceError;
use crate::run_folder::RunFolder;

/// `$XDG_STATE_HOME/pilothouse` or `$PILOTHOUSE_HOME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// Makes the folder with mode 0700 if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, EvidenceError> {
        let path = path.into();
        atomic::make_folder(&path.join("runs"))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn run(&self, id: &RunId) -> RunFolder {
        RunFolder::new(self.0.join("runs").join(id.as_str()))
    }

    /// The ids of all runs that have a folder here; other names are passed over.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn runs(&self) -> Result<Vec<RunId>, EvidenceError> {
        let path = self.0.join("runs");
        let entries = fs::read_dir(&path).map_err(EvidenceError::io("list", &path))?;
        let names: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
        let names = names.map_err(EvidenceError::io("list", &path))?;
        let mut runs: Vec<RunId> = names.iter().filter_map(|name| RunId::parse(name.to_str()?)).collect();
        runs.sort();
        Ok(runs)
    }
}
