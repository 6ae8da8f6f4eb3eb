//! Running git: no shell, no inherited GIT_ variables, no hooks or monitors that an agent could have set.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::WorktreeError;

/// One call of git in a folder.
pub(crate) struct Git {
    command: Command,
    words: Vec<OsString>,
}

impl Git {
    pub(crate) fn at(folder: &Path) -> Self {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            let configures = name.as_encoded_bytes().starts_with(b"GIT_");
            if configures && !is_about_people_or_config(&name) {
                command.env_remove(name);
            }
        }
        command
            .arg("-C")
            .arg(folder)
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        Self { command, words: Vec::new() }
    }

    /// Lets git hold a lock for as long as it runs, also when whoever started it dies: the locked file becomes
    /// its standard input, and a flock ends with the last copy of its descriptor.
    pub(crate) fn holding(mut self, lock: &File) -> Result<Self, WorktreeError> {
        let copy = lock.try_clone().map_err(WorktreeError::io("hand on the lock for", "git"))?;
        self.command.stdin(Stdio::from(copy));
        Ok(self)
    }

    /// Has git work on another index than the worktree's own.
    pub(crate) fn index(mut self, index: &Path) -> Self {
        self.command.env("GIT_INDEX_FILE", index);
        self
    }

    /// Has a commit made in somebody's name.
    pub(crate) fn author(mut self, name: &str, address: &str, date: &str) -> Self {
        self.command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", address).env("GIT_AUTHOR_DATE", date);
        self
    }

    /// As [`author`](Self::author), for who made the commit, at the beginning of time.
    pub(crate) fn committer(mut self, name: &str, address: &str) -> Self {
        self.command.env("GIT_COMMITTER_NAME", name).env("GIT_COMMITTER_EMAIL", address);
        self.command.env("GIT_COMMITTER_DATE", "@0 +0000");
        self
    }

    /// Has git write objects elsewhere, beside those that it reads.
    pub(crate) fn writing_to(mut self, objects: &Path, beside: &Path) -> Self {
        self.command.env("GIT_OBJECT_DIRECTORY", objects).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", beside);
        self
    }

    /// Standard output of a call that must succeed and reads `input`.
    pub(crate) fn input(mut self, input: &[u8]) -> Result<Vec<u8>, WorktreeError> {
        let mut file = tempfile::tempfile().map_err(WorktreeError::io("make a temporary file for", "git"))?;
        let written = file.write_all(input).and_then(|()| file.seek(SeekFrom::Start(0)));
        written.map_err(WorktreeError::io("write a temporary file for", "git"))?;
        self.command.stdin(Stdio::from(file));
        self.run()
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    pub(crate) fn args(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| OsString::from(*word)));
        self
    }

    pub(crate) fn output(mut self) -> Result<Output, WorktreeError> {
        self.command.args(&self.words).output().map_err(WorktreeError::NoGit)
    }

    /// Standard output of a call that must succeed.
    pub(crate) fn run(self) -> Result<Vec<u8>, WorktreeError> {
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let output = self.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let told = said.lines().filter(|line| !line.starts_with("hint:")).collect::<Vec<_>>().join(" ");
        let message = if told.trim().is_empty() { output.status.to_string() } else { told.trim().to_owned() };
        Err(WorktreeError::Git { command: words.first().cloned().unwrap_or_default(), message })
    }

    /// The first line of standard output as text.
    pub(crate) fn line(self) -> Result<String, WorktreeError> {
        let out = self.run()?;
        Ok(String::from_utf8_lossy(&out).lines().next().unwrap_or_default().to_owned())
    }
}

/// Variables that a person sets to say who they are or where their configuration is.
fn is_about_people_or_config(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_AUTHOR_")
        || name.starts_with("GIT_COMMITTER_")
        || matches!(&*name, "GIT_CONFIG_GLOBAL" | "GIT_CONFIG_SYSTEM" | "GIT_CONFIG_NOSYSTEM" | "GIT_EXEC_PATH")
}
