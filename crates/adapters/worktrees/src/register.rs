//! Making known to the repository that a worktree is there: what `git worktree add` writes, in one step, and without
//! reading the files of every other worktree, among which one may be a pipe.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::linked::{Linked, own_settings_of};
use crate::list::LOCK_REASON;
use crate::repository::Repository;

/// The most worktrees whose folders may have one name.
const MOST_OF_A_NAME: u32 = 10_000;

/// A worktree that git is to know of.
pub(crate) struct Registration<'a> {
    pub(crate) path: &'a Path,
    pub(crate) run: &'a str,
    /// `ref: refs/heads/NAME`, or a full id.
    pub(crate) head: &'a str,
}

impl Repository {
    /// Registers a worktree, locked in the run's name, and makes its folder with the `.git` file in it.
    pub(crate) fn register(&self, new: &Registration<'_>) -> Result<Linked, WorktreeError> {
        let io = |error: io::Error| WorktreeError::io("make the worktree", new.path.to_owned())(error);
        let part = self.common_dir().join("pilothouse").join(format!("new-{}", new.run));
        let _of_an_earlier_try = fs::remove_dir_all(&part);
        fs::create_dir_all(part.join("info")).map_err(io)?;
        self.fill(new, &part).map_err(io)?;
        let git_dir = self.put_in_place(new, &part)?;
        self.claim(new.run, &git_dir)?;
        let linked = Linked { path: new.path.to_owned(), git_dir, store: None };
        linked.point_back().map_err(io)?;
        Ok(linked)
    }

    fn fill(&self, new: &Registration<'_>, part: &Path) -> io::Result<()> {
        let text = |name: &str, text: &str| fs::write(part.join(name), text);
        text("locked", &format!("{LOCK_REASON}{}\n", new.run))?;
        text("HEAD", &format!("{}\n", new.head))?;
        text("commondir", "../..\n")?;
        let back = new.path.join(".git");
        fs::write(part.join("gitdir"), [back.as_os_str().as_encoded_bytes(), b"\n"].concat())?;
        if !self.has_own_settings {
            return Ok(());
        }
        // A sparse checkout goes on to be one, as git does it.
        let (settings, _) = own_settings_of(&self.common_dir().join("config.worktree")).unwrap_or_default();
        text("config.worktree", &settings)?;
        let patterns = Path::new("info/sparse-checkout");
        match fs::copy(self.common_dir().join(patterns), part.join(patterns)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Moves what was written to a name that is free.
    fn put_in_place(&self, new: &Registration<'_>, part: &Path) -> Result<PathBuf, WorktreeError> {
        let all = self.common_dir().join("worktrees");
        let io = |error: io::Error| WorktreeError::io("make the worktree", new.path.to_owned())(error);
        fs::create_dir_all(&all).map_err(io)?;
        let name = new.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name = if !name.is_empty() && name.chars().all(plain) { name } else { format!("pilothouse-{}", new.run) };
        for n in 0..MOST_OF_A_NAME {
            let to = all.join(if n == 0 { name.clone() } else { format!("{name}{n}") });
            // An empty folder would be replaced; a foreign git has just made it then, and goes on to fill it.
            if fs::symlink_metadata(&to).is_ok() {
                continue;
            }
            match fs::rename(part, &to) {
                Ok(()) => return Ok(to),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => {}
                Err(error) => return Err(io(error)),
            }
        }
        Err(WorktreeError::TargetTaken(new.path.to_owned()))
    }
}

impl Linked {
    /// Writes the file that leads from the worktree to the repository.
    pub(crate) fn point_back(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let line = [b"gitdir: ".as_slice(), self.git_dir.as_os_str().as_encoded_bytes(), b"\n"].concat();
        fs::write(self.path.join(".git"), line)
    }
}
