//! The folder of one run and the names of what lies in it.

use std::fs;
use std::path::{Path, PathBuf};

use domain::attempt::AttemptKey;
use domain::command::NewRun;

use crate::atomic;
use crate::error::EvidenceError;

/// `runs/<id>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn timeline(&self) -> PathBuf {
        self.0.join("timeline.jsonl")
    }

    pub fn summary(&self) -> PathBuf {
        self.0.join("summary.json")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }

    /// `attempts/<phase>.<n>/`.
    pub fn attempt(&self, key: &AttemptKey) -> PathBuf {
        self.0.join("attempts").join(key.to_string())
    }

    /// Makes the folder and writes `spec.json`, which never changes afterwards.
    ///
    /// # Errors
    /// When the run has a spec already, or the files can't be written.
    pub fn create(&self, spec: &NewRun) -> Result<(), EvidenceError> {
        atomic::make_folder(&self.0)?;
        let path = self.0.join("spec.json");
        if path.exists() {
            return Err(EvidenceError::SpecExists { path });
        }
        let mut json = serde_json::to_vec_pretty(spec).expect("a spec is plain values");
        json.push(b'\n');
        atomic::write(&path, &json)?;
        atomic::sync_folder(self.0.parent().unwrap_or(&self.0))
    }

    /// Reads `spec.json`.
    ///
    /// # Errors
    /// When it is not there or can't be read as a spec.
    pub fn spec(&self) -> Result<NewRun, EvidenceError> {
        let path = self.0.join("spec.json");
        let text = fs::read(&path).map_err(EvidenceError::io("read", &path))?;
        serde_json::from_slice(&text).map_err(|why| EvidenceError::Corrupt {
            path,
            line: why.line(),
            why: format!("it is not a run's spec: {why}"),
        })
    }

    /// Whether the run's timeline was begun, which is when whoever asked for the run is told so.
    pub fn is_queued(&self) -> bool {
        fs::metadata(self.timeline()).is_ok_and(|meta| meta.len() > 0)
    }

    /// Makes an attempt's folder with mode 0700.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create_attempt(&self, key: &AttemptKey) -> Result<PathBuf, EvidenceError> {
        let path = self.attempt(key);
        atomic::make_folder(&path)?;
        Ok(path)
    }
}
