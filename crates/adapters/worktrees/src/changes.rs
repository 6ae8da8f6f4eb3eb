//! What a worktree holds that its base does not: files and lines, committed or not.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::admin_file::open_regular;
use crate::error::WorktreeError;
use crate::left_out::LeftOut;
use crate::look::WorktreeLook;
use crate::repository::Repository;

/// An untracked file larger than this counts as a file without lines.
const LARGEST_COUNTED: u64 = 4 << 20;

/// Changed files and lines against the merge base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkChanges {
    pub files: u64,
    pub added: u64,
    pub removed: u64,
}

impl Repository {
    /// Compares the worktree at `path`, uncommitted and untracked files included, with the commit where
    /// its HEAD and `base` (a full id) meet.
    ///
    /// # Errors
    /// When the worktree can't be read.
    pub fn changes(&self, path: &Path, base: &str) -> Result<WorkChanges, WorktreeError> {
        let head = self.head(path)?;
        let from = self.merge_base(&head, base)?.unwrap_or_else(|| base.to_owned());
        let look = self.look(path)?;
        look.unflag(path)?;
        let dirt = self.dirt_of(&look)?;
        if dirt.is_clean() && !self.only_git {
            return self.between(path, &from, &head);
        }
        let mut changes = by_git(&look, &look.grown(path)?, &from)?;
        if dirt.untracked > 0 {
            add_untracked(&look, path, &mut changes)?;
        }
        Ok(changes)
    }

    /// The full id of the commit that the worktree at `path` is at.
    ///
    /// # Errors
    /// When it has none.
    pub fn head(&self, path: &Path) -> Result<String, WorktreeError> {
        let look = self.look(path)?;
        if self.only_git {
            return look.git().args(&["rev-parse", "--verify", "HEAD"]).line();
        }
        let id = look.gix()?.head_id().map(|id| id.to_string());
        id.map_err(|e| WorktreeError::read(path)(e.to_string()))
    }

    /// The changes between two commits: object work is enough, and no process is started.
    fn between(&self, path: &Path, from: &str, to: &str) -> Result<WorkChanges, WorktreeError> {
        if from == to {
            return Ok(WorkChanges::default());
        }
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(path)(e.to_string());
        let repo = self.open()?;
        let tree = |hex: &str| {
            let id = gix::ObjectId::from_hex(hex.as_bytes()).map_err(|e| fail(&e))?;
            repo.find_commit(id).map_err(|e| fail(&e))?.tree().map_err(|e| fail(&e))
        };
        let (old, new) = (tree(from)?, tree(to)?);
        let mut cache = repo.diff_resource_cache_for_tree_diff().map_err(|e| fail(&e))?;
        let mut platform = old.changes().map_err(|e| fail(&e))?;
        platform.options(|options| {
            options.track_rewrites(None);
        });
        let mut changes = WorkChanges::default();
        let counted = platform.for_each_to_obtain_tree(&new, |change| {
            if change.entry_mode().is_tree() {
                return Ok(std::ops::ControlFlow::Continue(()));
            }
            // Binaries and submodules have no lines, and are files all the same.
            changes.files += 1;
            let lines = change.diff(&mut cache).ok().and_then(|mut diff| diff.line_counts().ok()).flatten();
            if let Some(lines) = lines {
                changes.added += u64::from(lines.insertions);
                changes.removed += u64::from(lines.removals);
            }
            cache.clear_resource_cache_keep_allocation();
            Ok(std::ops::ControlFlow::Continue(()))
        });
        counted.map_err(|e| fail(&e))?;
        Ok(changes)
    }
}

/// Sums `git diff --numstat -z`: `added TAB removed TAB path NUL`, `-` for binaries.
fn by_git(look: &WorktreeLook, grown: &LeftOut, from: &str) -> Result<WorkChanges, WorktreeError> {
    let words =
        ["diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--end-of-options", from, "--"];
    let out = grown.pass_over(look.git().args(&words)).run()?;
    let mut changes = WorkChanges { files: grown.count(), ..WorkChanges::default() };
    for entry in out.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
        let text = String::from_utf8_lossy(entry);
        let mut fields = text.splitn(3, '\t');
        let mut number = || fields.next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        changes.files += 1;
        changes.added += number();
        changes.removed += number();
    }
    Ok(changes)
}

fn add_untracked(look: &WorktreeLook, path: &Path, changes: &mut WorkChanges) -> Result<(), WorktreeError> {
    let out = look.git().args(&["ls-files", "--others", "--exclude-standard", "-z"]).run()?;
    for name in out.split(|b| *b == 0).filter(|name| !name.is_empty()) {
        changes.files += 1;
        changes.added += lines(&path.join(std::ffi::OsStr::from_bytes(name))).unwrap_or(0);
    }
    Ok(())
}

/// Lines of a regular text file as git counts them; nothing is followed out of the worktree.
fn lines(path: &Path) -> Option<u64> {
    let file = open_regular(path).ok()?;
    let meta = file.metadata().ok().filter(|meta| meta.len() <= LARGEST_COUNTED)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).ok()?);
    file.take(LARGEST_COUNTED).read_to_end(&mut bytes).ok()?;
    if bytes.iter().take(8000).any(|b| *b == 0) {
        return None;
    }
    let ends = bytes.iter().filter(|b| **b == b'\n').count() as u64;
    Some(ends + u64::from(bytes.last().is_some_and(|b| *b != b'\n')))
}
