//! A real repository in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A repository with one commit on `main`; gone with the value, like everything beside it.
#[derive(Debug)]
pub struct Repo {
    folder: TempDir,
}

impl Repo {
    /// Makes a repository with `count` small files in some folders.
    pub fn with_files(count: usize) -> Self {
        let repo = Self::empty();
        for n in 0..count {
            repo.write(&format!("src/part{}/file{n}.txt", n % 40), &format!("line one of {n}\nline two\n"));
        }
        repo.write("README.md", "# a repository for tests\n");
        repo.git(&["add", "--all"]);
        repo.git(&["commit", "--quiet", "-m", "first"]);
        repo
    }

    /// Makes a repository without a commit.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("pilothouse-test-").tempdir().expect("a temporary folder");
        let repo = Self { folder };
        fs::create_dir(repo.path()).expect("a folder");
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        for (key, value) in [("user.name", "Test"), ("user.email", "test@localhost"), ("commit.gpgsign", "false")] {
            repo.git(&["config", key, value]);
        }
        repo
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the temporary folder").join("shop")
    }

    /// A path beside the repository, gone with it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.path().with_file_name(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Standard output of a git command in the main worktree, which must succeed.
    pub fn git(&self, words: &[&str]) -> String {
        git_at(&self.path(), words)
    }
}

/// Standard output of a git command in a folder, which must succeed.
pub fn git_at(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output().expect("git starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
