//! Whose commands may be run: a person looked at those of a repository's file and said so, by their content.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ground::Lasts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::EnvironmentError;

/// `trust.json` of a state folder: by repository, the digests of commands that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    path: PathBuf,
    known: TrustedCommands,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct TrustedCommands {
    repositories: BTreeMap<String, Vec<String>>,
}

/// The digest of commands, in their order: SHA-256 of each with its length before it, as lower-case hex.
pub fn digest(commands: &[String]) -> String {
    let mut hash = Sha256::new();
    for command in commands {
        hash.update(command.len().to_le_bytes());
        hash.update(command.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of the largest file that is read.
const LARGEST: u64 = 64 << 20;

impl Trust {
    /// Reads the file; one that can't be read trusts nothing.
    pub fn open(home: &Path) -> Self {
        let path = home.join("trust.json");
        let plain = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
        let read = plain.then(|| fs::read(&path).ok()).flatten();
        let known = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, known }
    }

    /// Whether these commands of this repository may run. None need no trust.
    pub fn has(&self, repo: &str, commands: &[String]) -> bool {
        let known = || self.known.repositories.get(repo).is_some_and(|known| known.contains(&digest(commands)));
        commands.is_empty() || known()
    }

    /// Trusts these commands of this repository from now on.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn grant(&mut self, repo: &str, commands: &[String]) -> Result<(), EnvironmentError> {
        let digest = digest(commands);
        let known = self.known.repositories.entry(repo.to_owned()).or_default();
        if !known.contains(&digest) {
            known.push(digest);
        }
        let bytes = serde_json::to_vec_pretty(&self.known).expect("plain values");
        ground::write_whole(&self.path, &bytes, Lasts::Always).map_err(EnvironmentError::io("write", &self.path))
    }
}
