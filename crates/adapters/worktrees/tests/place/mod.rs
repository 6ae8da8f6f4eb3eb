//! A temporary folder with a real repository in it, and room for worktrees beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use worktrees::{NewWorktree, Repository};

pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(place.repo()).expect("a folder");
        place
    }

    /// A repository with some commits and files on `main`.
    pub(crate) fn with_commits(options: &[&str]) -> Self {
        let place = Self::new();
        let mut words = vec!["init", "--quiet", "--initial-branch=main"];
        words.extend(options);
        place.git(&words);
        place.git(&["config", "user.name", "Test"]);
        place.git(&["config", "user.email", "test@localhost"]);
        for n in 0..30 {
            place.write(&format!("dir{}/file{n}", n % 3), "one\ntwo\nthree\n");
        }
        place.write(".gitignore", "ignored\n");
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "-m", "first"]);
        place
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder")
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.path().join("shop")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.repo().join(name), text);
    }

    pub(crate) fn git(&self, words: &[&str]) -> String {
        git(&self.repo(), words)
    }

    pub(crate) fn find(&self) -> Repository {
        Repository::find(&self.repo()).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn new_worktree(&self, name: &str) -> NewWorktree {
        NewWorktree {
            path: self.path().join("trees").join(name),
            branch: format!("pilothouse/{name}"),
            commit: self.git(&["rev-parse", "HEAD"]).trim().to_owned(),
            run: "abc234".to_owned(),
        }
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output().expect("git");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
