//! Patches: what turns one tree into another, byte for byte, and the tree that one gives.

use crate::error::WorktreeError;
use crate::private;
use crate::repository::Repository;

/// Arguments by which git diff(1) prints the same bytes whatever a person's configuration says. Renames appear as a
/// removed and a new file wherever changes are counted or shown, since a row's figures are counted without looking for
/// renames.
pub(crate) const ALWAYS: [&str; 15] = [
    "-c",
    "diff.algorithm=myers",
    "-c",
    "core.quotePath=true",
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--no-relative",
    "-O/dev/null",
    "--submodule=short",
    "--ignore-submodules=none",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// Arguments that git apply(1) needs beside [`ALWAYS`].
pub(crate) const TO_APPLY: [&str; 2] = ["--binary", "--full-index"];

/// The option for the lines around a change, which also asks for the text.
pub(crate) const AROUND: &str = "--unified=3";

impl Repository {
    /// Returns the patch from one commit or tree to another, for git apply(1). Empty where they are the same.
    ///
    /// # Errors
    /// When one of them is none here.
    pub fn patch(&self, from: &str, to: &str) -> Result<Vec<u8>, WorktreeError> {
        self.git().args(&ALWAYS).args(&TO_APPLY).args(&[AROUND, "--end-of-options", from, to, "--"]).run()
    }

    /// Returns the full id of the tree that a patch makes of the commit `base`. Nothing is written to the repository.
    ///
    /// # Errors
    /// When `base` is no commit here, or the patch does not apply to it: git's own words.
    pub fn tree_with(&self, base: &str, patch: &[u8]) -> Result<String, WorktreeError> {
        let aside = private::folder("try").map_err(WorktreeError::io("make a temporary folder for", "git"))?;
        let (index, objects) = (aside.path().join("index"), aside.path().join("objects"));
        std::fs::create_dir(&objects).map_err(WorktreeError::io("make a folder for", "git"))?;
        let git = || self.git().index(&index).writing_to(&objects, &self.common_dir().join("objects"));
        git().args(&["read-tree", "--end-of-options", base]).run()?;
        // An empty patch is an error to git and changes nothing.
        if !patch.iter().all(u8::is_ascii_whitespace) {
            git().args(&["apply", "--cached", "--whitespace=nowarn", "-"]).input(patch)?;
        }
        git().args(&["write-tree"]).line()
    }

    /// Whether the repository has this commit, so that a patch on it can be tried here.
    pub fn has_commit(&self, commit: &str) -> bool {
        let spec = format!("{commit}^{{commit}}");
        self.git().args(&["cat-file", "-e", &spec]).run().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::git::Git;

    fn git(folder: &Path, words: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"];
        Git::at(folder).args(&identity).args(words).line().expect("git")
    }

    #[test]
    fn a_patchs_tree_leaves_no_object_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        git(at, &["init", "--quiet", "--initial-branch=main"]);
        std::fs::write(at.join("a.txt"), "one\n").expect("written");
        std::fs::write(at.join("b.bin"), [0u8, 1, 2, 255]).expect("written");
        git(at, &["add", "--all"]);
        git(at, &["commit", "--quiet", "-m", "one"]);
        let base = git(at, &["rev-parse", "HEAD"]);
        std::fs::write(at.join("a.txt"), "two\n").expect("written");
        std::fs::write(at.join("b.bin"), [9u8, 0, 9]).expect("written");
        std::fs::write(at.join("ümlaut \".txt"), "x").expect("written");
        git(at, &["add", "--all"]);
        git(at, &["commit", "--quiet", "-m", "two"]);
        git(at, &["config", "diff.noprefix", "true"]);
        git(at, &["config", "diff.mnemonicPrefix", "true"]);
        let repo = Repository::find(at).expect("a repository");
        let patch = repo.patch(&base, "HEAD").expect("a patch");
        let count = || git(at, &["count-objects"]);
        let before = count();
        assert_eq!(repo.tree_with(&base, &patch).expect("applies"), repo.tree_of("HEAD").expect("a tree"));
        assert_eq!(repo.tree_with(&base, b"").expect("nothing to apply"), repo.tree_of(&base).expect("a tree"));
        assert_eq!(count(), before, "nothing is written");
        let broken = String::from_utf8_lossy(&patch).replace("-one", "-eno").into_bytes();
        assert!(repo.tree_with(&base, &broken).is_err());
    }
}
