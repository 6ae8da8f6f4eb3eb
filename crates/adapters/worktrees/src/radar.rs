//! Whether the work of several worktrees would come together, committed or not; nothing is written to the repository.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::git::Git;
use crate::merge_tree::merge_tree;
use crate::repository::Repository;

/// Untracked files larger than this are left out: they would fill the radar's folder.
const LARGEST: u64 = 16 << 20;

/// Trees of worktrees as they are just now, in an object folder of their own beside the repository's.
pub struct Radar<'a> {
    repo: &'a Repository,
    objects: PathBuf,
}

/// The work of one worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeWork {
    /// Full id of a commit of everything that the worktree has; only the radar knows it, unless all is committed.
    pub commit: String,
    /// Full id of the commit that the worktree is at.
    pub head: String,
    /// Paths that differ from where it began, in git's bytes.
    pub paths: BTreeSet<Vec<u8>>,
    /// Folders, with a slash, out of which it took files: git may take them for moved, and what another adds there with them.
    left: BTreeSet<Vec<u8>>,
}

impl WorktreeWork {
    /// Whether two works may conflict: both change a path, one has a file where the other has a folder, or one takes
    /// files out of a folder in which the other has changed something.
    pub fn meets(&self, other: &Self) -> bool {
        let below = |one: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>| {
            one.iter().any(|path| {
                let folder = [path.as_slice(), b"/"].concat();
                other.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder))
            })
        };
        let inside = |left: &BTreeSet<Vec<u8>>, paths: &BTreeSet<Vec<u8>>| {
            left.iter().any(|folder| paths.range(folder.clone()..).next().is_some_and(|next| next.starts_with(folder)))
        };
        !self.paths.is_disjoint(&other.paths)
            || below(&self.paths, &other.paths)
            || below(&other.paths, &self.paths)
            || inside(&self.left, &other.paths)
            || inside(&other.left, &self.paths)
    }
}

impl Repository {
    /// A radar that keeps what it needs in `folder`, which may be deleted at any time when nobody uses it.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn radar(&self, folder: &Path) -> Result<Radar<'_>, WorktreeError> {
        let objects = folder.join("objects");
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&objects);
        made.map_err(WorktreeError::io("make", &objects))?;
        Ok(Radar { repo: self, objects })
    }
}

impl Radar<'_> {
    /// Looks at a worktree whose run began at `base` (a full id). Its index, its branch and its files are not touched.
    ///
    /// # Errors
    /// When it is no worktree of this repository, or can't be read whole.
    pub fn work(&self, path: &Path, base: &str) -> Result<WorktreeWork, WorktreeError> {
        let head = self.repo.head(path)?;
        let tree = self.tree(path)?;
        let git = || self.aside(self.repo.git());
        let commit = match self.repo.tree_of(&head)? == tree {
            true => head.clone(),
            false => {
                // The same work gives the same id.
                let then = Some("@0 +0000");
                let git = git().author("radar", "radar@localhost", then).committer("radar", "radar@localhost", then);
                git.args(&["commit-tree", "--no-gpg-sign", &tree, "-p", &head, "-m", "radar"]).line()?
            }
        };
        let from = self.repo.merge_base(&head, base)?.unwrap_or_else(|| base.to_owned());
        let words = ["diff-tree", "-r", "-z", "--name-status", "--no-renames", "--end-of-options", &from, &tree];
        let out = git().args(&words).run()?;
        let mut work = WorktreeWork { commit, head, paths: BTreeSet::new(), left: BTreeSet::new() };
        // Each is a letter and a name.
        let mut said = out.split(|b| *b == 0);
        while let (Some(letter), Some(name)) = (said.next().filter(|letter| !letter.is_empty()), said.next()) {
            let folder = name.iter().rposition(|b| *b == b'/').map(|end| name[..=end].to_vec());
            work.left.extend(folder.filter(|_| letter == b"D"));
            work.paths.insert(name.to_vec());
        }
        Ok(work)
    }

    /// Returns the paths in which two commits, of the repository or of this radar, conflict.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn conflicts(&self, ours: &str, theirs: &str) -> Result<Vec<String>, WorktreeError> {
        Ok(merge_tree(self.aside(self.repo.git()), None, ours, theirs)?.conflicts)
    }

    /// Whether everything that `head` adds is in `base`, both full ids of the repository's commits.
    ///
    /// # Errors
    /// When git can't compare them.
    pub fn is_merged(&self, head: &str, base: &str) -> Result<bool, WorktreeError> {
        self.repo.is_merged_by(head, base, &|| self.aside(self.repo.git()))
    }

    /// The tree of tracked and untracked files.
    fn tree(&self, path: &Path) -> Result<String, WorktreeError> {
        // No lock: the index is replaced in one step by whoever writes it, and nothing of the worktree is written here.
        let look = self.repo.look(path)?;
        look.unflag(path)?;
        look.larger_than(path, LARGEST)?.add_the_rest(self.aside(look.git()), &[])?;
        self.aside(look.git()).args(&["write-tree"]).line()
    }

    fn aside(&self, git: Git) -> Git {
        git.writing_to(&self.objects, &self.repo.common_dir().join("objects"))
    }
}
