//! The folder of one run and the names of what lies in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::attempt::AttemptKey;
use domain::command::NewRun;

use crate::atomic;
use crate::error::EvidenceError;
use crate::plain::read_plain;

/// A spec has a task and the settings of one run.
const LARGEST_SPEC: u64 = 64 << 20;

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

    /// Makes the folder and writes `spec.json`, which changes only when the run's repository was moved.
    ///
    /// # Errors
    /// When the run has a spec already, or the files can't be written.
    pub fn create(&self, spec: &NewRun) -> Result<(), EvidenceError> {
        atomic::make_folder(&self.0)?;
        let path = self.0.join("spec.json");
        if path.exists() {
            return Err(EvidenceError::SpecExists { path });
        }
        self.write_spec(spec)?;
        atomic::sync_folder(self.0.parent().unwrap_or(&self.0))
    }

    /// Writes `spec.json` anew: what the run is by its events.
    ///
    /// # Errors
    /// When it can't be written; the one before is whole then.
    pub fn write_spec(&self, spec: &NewRun) -> Result<(), EvidenceError> {
        let mut json = serde_json::to_vec_pretty(spec).expect("a spec is plain values");
        json.push(b'\n');
        atomic::write(&self.0.join("spec.json"), &json)
    }

    /// Reads `spec.json`.
    ///
    /// # Errors
    /// When it is not there or can't be read as a spec.
    pub fn spec(&self) -> Result<NewRun, EvidenceError> {
        let path = self.0.join("spec.json");
        let text = read_plain(&path, LARGEST_SPEC).map_err(EvidenceError::io("read", &path))?;
        serde_json::from_slice(&text).map_err(|why| EvidenceError::Corrupt {
            path,
            line: why.line(),
            why: format!("it is not a run's spec: {why}"),
        })
    }

    /// Why there is no timeline to be read.
    ///
    /// # Errors
    /// When it is missing, empty, or something else is in its place.
    pub fn check_timeline(&self) -> Result<(), EvidenceError> {
        let path = self.timeline();
        let gone = |why| Err(EvidenceError::Gone { path: path.clone(), why });
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_file() && meta.len() > 0 => Ok(()),
            Ok(meta) if meta.is_file() => gone("is empty"),
            Ok(meta) if meta.is_dir() => gone("is a folder"),
            Ok(_) => gone("is no plain file"),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                gone("is not there")
            }
            Err(error) => Err(EvidenceError::io("look at", &path)(error)),
        }
    }

    /// Whether anything but its spec says that the run ever began: whoever asked for a run is told so when its timeline is
    /// begun, and what an attempt or a worktree was made for had one.
    pub fn was_begun(&self) -> bool {
        let has = |name: &str| fs::read_dir(self.0.join(name)).is_ok_and(|mut entries| entries.next().is_some());
        let timeline = fs::symlink_metadata(self.timeline()).is_ok_and(|meta| !meta.is_file() || meta.len() > 0);
        let worktree = || self.spec().is_ok_and(|spec| fs::symlink_metadata(spec.worktree).is_ok());
        timeline || has("attempts") || has("proof") || worktree()
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
