//! Which of git's worktrees is a run's: kept in the repository's folder, where an agent that is held inside can't write, and
//! agreed to by the worktree's own git folder, whose name git may give to another one later.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::admin_file::read_small;
use crate::error::WorktreeError;
use crate::list::LOCK_REASON;
use crate::repository::Repository;

/// The file in a worktree's git folder with the id of its run. Unlike git's lock it stays when a person unlocks the worktree
/// to move it.
const TOKEN: &str = "pilothouse-run";

/// The runs that claim a worktree, by the name of the worktree's git folder.
pub(crate) struct Claims {
    by_name: BTreeMap<OsString, String>,
}

impl Repository {
    fn claims_folder(&self) -> PathBuf {
        self.common_dir().join("pilothouse")
    }

    pub(crate) fn claims(&self) -> Claims {
        let mut by_name = BTreeMap::new();
        for entry in fs::read_dir(self.claims_folder()).into_iter().flatten().flatten() {
            let run = entry.file_name().to_string_lossy().into_owned();
            // Beside the claims lie what is being written and what tells of stores.
            if run.contains('.') || run.starts_with("new-") {
                continue;
            }
            if let Ok(Some(name)) = read_small(&entry.path()) {
                by_name.insert(OsString::from_vec(name), run);
            }
        }
        Claims { by_name }
    }

    /// Keeps that the worktree with this git folder is the run's.
    pub(crate) fn claim(&self, run: &str, git_dir: &Path) -> Result<(), WorktreeError> {
        let folder = self.claims_folder();
        let (path, part) = (folder.join(run), folder.join(format!(".{run}.part")));
        let io = |path: &Path| WorktreeError::io("keep whose worktree it is in", path.to_owned());
        fs::create_dir_all(&folder).map_err(io(&folder))?;
        write_token(&git_dir.join(TOKEN), run).map_err(io(git_dir))?;
        let name = git_dir.file_name().unwrap_or_default();
        let written = fs::write(&part, name.as_bytes()).and_then(|()| fs::rename(&part, &path));
        written.map_err(io(&path))
    }

    /// Forgets a worktree that is gone.
    pub(crate) fn give_up_claim(&self, run: &str) {
        let _not_there = fs::remove_file(self.claims_folder().join(run));
    }
}

/// Writes the token anew; a link in its place is replaced, never followed.
fn write_token(path: &Path, run: &str) -> std::io::Result<()> {
    let _not_there = fs::remove_file(path);
    fs::File::options().write(true).create_new(true).mode(0o600).open(path)?.write_all(run.as_bytes())
}

impl Claims {
    pub(crate) fn runs(&self) -> impl Iterator<Item = &str> {
        self.by_name.values().map(String::as_str)
    }

    /// The run that claims the worktree with this git folder.
    pub(crate) fn claimed_by(&self, git_dir: &Path) -> Option<String> {
        self.by_name.get(git_dir.file_name()?).cloned()
    }

    /// The run that the worktree with this git folder is of; `locked` is the reason it is locked for.
    pub(crate) fn run_of(&self, git_dir: &Path, locked: Option<&str>) -> Option<String> {
        let by_lock = locked.and_then(|reason| reason.strip_prefix(LOCK_REASON));
        let name = git_dir.file_name().unwrap_or_default();
        match self.by_name.get(name) {
            Some(run) => {
                let token = read_small(&git_dir.join(TOKEN)).ok().flatten();
                // Whoever locks it for a reason of their own wants it to stay.
                let unlocked = locked.is_none() && token.is_some_and(|token| token == run.as_bytes());
                let agrees = by_lock == Some(run) || unlocked;
                agrees.then(|| run.clone())
            }
            // Runs of earlier versions have git's lock alone. One that claims another worktree has no second one.
            None => by_lock.filter(|run| self.by_name.values().all(|known| known != run)).map(str::to_owned),
        }
    }
}
