//! Files inside submodules that are checked out in a worktree: no tree of the worktree has them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::admin_file::{path_in, read_small};
use crate::error::WorktreeError;
use crate::repository::Repository;
use crate::status::by_gix;

impl Repository {
    /// The submodules and other repositories that `tree` names a commit of and that hold something in no commit, each with what
    /// one can do. `worktree` is where they are checked out.
    ///
    /// # Errors
    /// When git can't read the tree.
    pub(crate) fn uncommitted_inside(&self, tree: &str, worktree: &Path) -> Result<Vec<String>, WorktreeError> {
        let listed = self.git().args(&["ls-tree", "-r", "-z", tree]).run()?;
        let links = listed.split(|b| *b == 0).filter_map(|line| line.strip_prefix(b"160000 "));
        let paths = links.filter_map(|link| link.splitn(2, |b| *b == b'\t').nth(1));
        Ok(paths.filter_map(|path| uncommitted_in(worktree, Path::new(OsStr::from_bytes(path)))).collect())
    }
}

/// Why what is in the repository at `below` would be lost or left behind, if it would.
fn uncommitted_in(worktree: &Path, below: &Path) -> Option<String> {
    let folder = worktree.join(below);
    let shown = below.display();
    // One that is not checked out holds nothing.
    fs::symlink_metadata(folder.join(".git")).ok()?;
    match is_clean(&folder) {
        Ok(true) => None,
        Ok(false) => Some(format!("{shown} has changes in it that are in no commit; commit and push them there")),
        Err(why) => Some(format!("what is uncommitted in {shown} can't be told: {why}")),
    }
}

/// Looks without git: the repository may be an agent's, so no setting of it counts that names a program.
fn is_clean(folder: &Path) -> Result<bool, String> {
    let pointer = folder.join(".git");
    let git_dir = match fs::symlink_metadata(&pointer) {
        Ok(meta) if meta.is_dir() => pointer,
        _ => {
            let text = read_small(&pointer).map_err(|error| error.to_string())?.unwrap_or_default();
            path_in(text.strip_prefix(b"gitdir: ").ok_or("its .git names no git folder")?, folder)
        }
    };
    // A pipe in a file's place would be waited for.
    for name in ["HEAD", "index", "config"] {
        match fs::metadata(git_dir.join(name)) {
            Ok(meta) if !meta.is_file() => return Err(format!("its {name} is no regular file")),
            _ => {}
        }
    }
    let options = gix::open::Options::isolated()
        .with(gix::sec::Trust::Reduced)
        .config_overrides(["core.useReplaceRefs=false", "core.commitGraph=false"]);
    let repo = gix::open_opts(folder, options).map_err(|error| error.to_string())?;
    if repo.workdir() != Some(folder) {
        return Err("its settings have its files elsewhere".to_owned());
    }
    by_gix(&repo).map(|dirt| dirt.is_clean()).map_err(|error| error.to_string())
}
