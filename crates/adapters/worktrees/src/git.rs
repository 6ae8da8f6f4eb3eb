//! Running git: no shell, no repository but the one that was checked, and nothing that an agent could have set.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use domain::git_variables::set_by_git;

use crate::bounded::{self, Bounds};
use crate::error::WorktreeError;

/// Variables that change what the words of a call mean.
const OF_A_CALL: &[&str] = &[
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_REFLOG_ACTION",
    "GIT_QUARANTINE_PATH",
    "GIT_ATTR_SOURCE",
    "GIT_PROTOCOL_FROM_USER",
];

/// Settings of every call: no program of a repository is started, and nothing is tidied up by the way, which would
/// read every worktree's files.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.safecrlf=false",
    "core.commitGraph=false",
    "diff.ignoreSubmodules=dirty",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// The folders that git works in, given to it by name so that no file says them.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) git_dir: PathBuf,
    pub(crate) common: PathBuf,
    /// The checkout; a bare repository has none.
    pub(crate) work_tree: Option<PathBuf>,
    /// Folders of objects that are read too.
    pub(crate) beside: Vec<PathBuf>,
}

impl Site {
    fn folder(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }
}

/// A call of git.
pub(crate) struct Git {
    command: Command,
    words: Vec<OsString>,
    bounds: Bounds,
    folder: PathBuf,
    /// The call holds no lock, so it changes nothing that others see.
    reads: bool,
    beside: Vec<PathBuf>,
}

impl Git {
    /// Returns a call in a folder of which git itself finds out what repository it belongs to.
    pub(crate) fn at(folder: &Path) -> Self {
        let mut command = Command::new("git");
        // What people configure git with stays: whatever git accepts for them is accepted here.
        for name in set_by_git().chain(OF_A_CALL.iter().copied()) {
            command.env_remove(name);
        }
        command.arg("-C").arg(folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        Self {
            command,
            words: Vec::new(),
            bounds: Bounds::LOOK,
            folder: folder.to_owned(),
            reads: true,
            beside: Vec::new(),
        }
    }

    /// Returns a call in folders that were checked.
    pub(crate) fn within(site: &Site) -> Self {
        let mut git = Self::at(site.folder());
        git.command.env("GIT_DIR", &site.git_dir).env("GIT_COMMON_DIR", &site.common);
        if let Some(work_tree) = &site.work_tree {
            git.command.env("GIT_WORK_TREE", work_tree);
        }
        git.beside.clone_from(&site.beside);
        git
    }

    /// Lets git take as long as a checkout or the hashing of many files may take.
    pub(crate) fn patient(mut self) -> Self {
        self.bounds = Bounds::WORK;
        self
    }

    /// Lets git fetch what a partial clone has not yet, as a checkout in it must; by the protocols of remotes alone.
    pub(crate) fn fetching(mut self) -> Self {
        self.command.env_remove("GIT_NO_LAZY_FETCH").env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
        self
    }

    /// Lets git hold a lock for as long as it runs, also when whoever started it dies: the locked file becomes
    /// its standard input, and a flock ends with the last copy of its descriptor.
    pub(crate) fn holding(mut self, lock: &File) -> Result<Self, WorktreeError> {
        let copy = lock.try_clone().map_err(WorktreeError::io("hand on the lock for", "git"))?;
        self.command.stdin(Stdio::from(copy));
        self.reads = false;
        Ok(self)
    }

    /// Has git work on another index than the worktree's own.
    pub(crate) fn index(mut self, index: &Path) -> Self {
        self.command.env("GIT_INDEX_FILE", index);
        self
    }

    /// Has a commit made in somebody's name.
    pub(crate) fn author(mut self, name: &str, address: &str, date: Option<&str>) -> Self {
        self.command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", address);
        if let Some(date) = date {
            self.command.env("GIT_AUTHOR_DATE", date);
        }
        self
    }

    /// As [`author`](Self::author), for who made the commit.
    pub(crate) fn committer(mut self, name: &str, address: &str, date: Option<&str>) -> Self {
        self.command.env("GIT_COMMITTER_NAME", name).env("GIT_COMMITTER_EMAIL", address);
        if let Some(date) = date {
            self.command.env("GIT_COMMITTER_DATE", date);
        }
        self
    }

    /// Has git write objects elsewhere, beside those that it reads.
    pub(crate) fn writing_to(mut self, objects: &Path, beside: &Path) -> Self {
        self.command.env("GIT_OBJECT_DIRECTORY", objects);
        self.beside.push(beside.to_owned());
        self
    }

    /// Runs a call that must succeed with `input` on its standard input; returns its standard output.
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

    /// The word that says what git is to do, after the settings of this call.
    fn verb(&self) -> String {
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if word != "-c" {
                return word.to_string_lossy().into_owned();
            }
            words.next();
        }
        String::new()
    }

    pub(crate) fn output(self) -> Result<Output, WorktreeError> {
        self.output_to(None)
    }

    fn output_to(mut self, file: Option<File>) -> Result<Output, WorktreeError> {
        let verb = self.verb();
        self.command.args(&self.words);
        if !self.beside.is_empty() {
            let lists: Vec<OsString> = self.beside.iter().map(|path| in_a_list(path)).collect();
            self.command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", lists.join(OsStr::new(":")));
        }
        bounded::output(&mut self.command, &self.folder, self.bounds, &verb, self.reads, file)
    }

    /// Runs a call that must succeed; returns its standard output.
    pub(crate) fn run(self) -> Result<Vec<u8>, WorktreeError> {
        let command = self.verb();
        let output = self.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(WorktreeError::Git { command, message: complaint(&output) })
    }

    /// Has a call that must succeed and reads `input` write to a file, however much that is.
    pub(crate) fn into_file(mut self, file: File, input: &[u8]) -> Result<(), WorktreeError> {
        let mut stdin = tempfile::tempfile().map_err(WorktreeError::io("make a temporary file for", "git"))?;
        let written = stdin.write_all(input).and_then(|()| stdin.seek(SeekFrom::Start(0)));
        written.map_err(WorktreeError::io("write a temporary file for", "git"))?;
        self.command.stdin(Stdio::from(stdin));
        let command = self.verb();
        let output = self.output_to(Some(file))?;
        if output.status.success() { Ok(()) } else { Err(WorktreeError::Git { command, message: complaint(&output) }) }
    }

    /// Has a call that must succeed read a file from its beginning.
    pub(crate) fn reading(mut self, mut file: File) -> Result<(), WorktreeError> {
        file.seek(SeekFrom::Start(0)).map_err(WorktreeError::io("read a temporary file for", "git"))?;
        self.command.stdin(Stdio::from(file));
        self.run().map(drop)
    }

    /// Runs a call that must succeed; returns the first line of its standard output as text.
    pub(crate) fn line(self) -> Result<String, WorktreeError> {
        let out = self.run()?;
        Ok(String::from_utf8_lossy(&out).lines().next().unwrap_or_default().to_owned())
    }
}

/// The reason that git gives, without its hints; its exit status where it gives none.
pub(crate) fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let told = said.lines().filter(|line| !line.starts_with("hint:")).collect::<Vec<_>>().join(" ");
    if told.trim().is_empty() { output.status.to_string() } else { told.trim().to_owned() }
}

/// A path as `GIT_ALTERNATE_OBJECT_DIRECTORIES` (git(1)) takes it: colons part its entries, so what has one is quoted.
fn in_a_list(path: &Path) -> OsString {
    let bytes = path.as_os_str().as_bytes();
    if !bytes.contains(&b':') && !bytes.starts_with(b"\"") {
        return path.as_os_str().to_owned();
    }
    let mut quoted = vec![b'"'];
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        match byte {
            b'\n' => quoted.extend(b"\\n"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    OsString::from_vec(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_colons_are_one_entry() {
        assert_eq!(in_a_list(Path::new("/a/b")), OsString::from("/a/b"));
        assert_eq!(in_a_list(Path::new("/a:b/\"c")), OsString::from("\"/a:b/\\\"c\""));
    }

    #[test]
    fn an_error_names_the_verb() {
        let git = Git::at(Path::new("/")).args(&["-c", "a.b=c", "-c", "d=e", "merge", "--ff-only"]);
        assert_eq!(git.verb(), "merge");
    }
}
