//! What can be wrong with a repository, each with the next step.

use std::path::{Path, PathBuf};

/// An error of git repositories and worktrees.
#[derive(Debug, thiserror::Error)]
pub enum WorktreeError {
    #[error("{0} is not inside a git repository; go into one, or make one with `git init`")]
    NotARepository(PathBuf),
    #[error(
        "its repository is not at {0} any more; if it was moved: `git worktree repair` there, then `pilothouse adopt --moved`"
    )]
    RepositoryGone(PathBuf),
    #[error("git does not know that the worktree {0} or its repository was moved: `git worktree repair {0}`")]
    Unrepaired(PathBuf),
    #[error("{0} is a bare repository without a worktree; make one with `git worktree add`, or clone it")]
    Bare(PathBuf),
    #[error("core.bare was set to true in {config}; if nobody meant that: git config --file {config} core.bare false")]
    BareByMistake { config: PathBuf },
    #[error("{path} is no worktree of this repository any more: {why}")]
    NotLinked { path: PathBuf, why: String },
    #[error("{path} is not as git made it: {why}; nothing is done there until it is mended or gone")]
    Tampered { path: PathBuf, why: String },
    #[error("`git {command}` in {path} was ended, since it waited {why}")]
    Stuck { command: String, path: PathBuf, why: String },
    #[error("`git {command}` was ended with its run")]
    Ended { command: String },
    #[error(
        "{path} belongs to another user, and git does not trust it; if you do: git config --global --add safe.directory {path}"
    )]
    ForeignOwner { path: PathBuf },
    #[error("the repository {0} has no commits yet; commit something first")]
    NoCommits(PathBuf),
    #[error("there is no commit called {0}; name a branch, a tag or a commit with --base")]
    MissingBase(String),
    #[error("the branch {0} exists already; choose another name with --name")]
    BranchTaken(String),
    #[error("{0} exists already and is not empty; choose another name with --name")]
    TargetTaken(PathBuf),
    #[error("no space is left on the disk for {0}; free some and try again")]
    DiskFull(PathBuf),
    #[error("git does not know who you are; set it with: git config --global user.name NAME and user.email ADDRESS")]
    NoIdentity,
    #[error(
        "the worktree {path} is on {found} and not on {wanted} any more; `git -C {path} switch {wanted}` goes back to it, \
         or `git -C {path} branch -m {wanted}` gives the name back"
    )]
    WrongBranch { path: PathBuf, found: String, wanted: String },
    #[error("a {what} is under way in {path}; finish it there, or `git -C {path} {} {}`", verb(what), abandons(what))]
    InProgress { path: PathBuf, what: &'static str },
    #[error("the worktree {path} is gone, or is not provably the run's any more")]
    Gone { path: PathBuf },
    #[error("in {path} works: {processes}; end that first")]
    Busy { path: PathBuf, processes: String },
    #[error("{path} stays: {what}")]
    Changed { path: PathBuf, what: String },
    #[error("{path} is on the branch {branch} by now; put it on another one first")]
    BranchElsewhere { branch: String, path: PathBuf },
    #[error("there is no checkpoint {reference}")]
    NoCheckpoint { reference: String },
    #[error("{path} is damaged: {why}; bring it back from a backup and restore again, nothing was changed")]
    DamagedSnapshot { path: PathBuf, why: String },
    #[error("there is no whole snapshot at {path}")]
    NoSnapshot { path: PathBuf },
    #[error("{0} exists again and is not empty; move it away and try again")]
    PlaceTaken(PathBuf),
    #[error("the branch {0} exists again and stands elsewhere; rename it and try again")]
    BranchMoved(String),
    #[error("{0} is no local branch, so nothing can be merged into it; start runs from a local branch")]
    NoBranch(String),
    #[error("{branch} is in use: {why}")]
    InUse { branch: String, why: String },
    #[error("it can't be merged as it is: {0}")]
    NotAsItIs(String),
    #[error("{base} moved to {to} meanwhile; look again and merge again")]
    BaseMoved { base: String, to: String },
    #[error("changes in {path} are in the way: {message}")]
    InTheWay { path: PathBuf, message: String },
    #[error("git can't be started: {}", unstarted(.0))]
    NoGit(std::io::Error),
    #[error("`git {command}` failed: {message}")]
    Git { command: String, message: String },
    #[error("cannot read the repository {path}: {message}")]
    Read { path: PathBuf, message: String },
    #[error("cannot {doing} {}: {source}", shortened(path))]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
}

/// The most characters of a path that are told: one that is deeper than the system takes has thousands.
const LONGEST: usize = 300;

/// The command of git that an operation under way belongs to.
fn verb(what: &str) -> &str {
    what.trim_start_matches("git ")
}

/// The option or subcommand by which git abandons an operation.
fn abandons(what: &str) -> &'static str {
    if what == "bisect" { "reset" } else { "--abort" }
}

/// Why a program does not start, and what helps: one that is not there is got, and room is made for one that has none.
fn unstarted(error: &std::io::Error) -> String {
    use rustix::io::Errno;
    let helps = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => "is it installed and in PATH?",
        Some(Errno::AGAIN) => {
            "no more processes may be started here, see `ulimit -u` and pids.max; end something, then try again"
        }
        Some(Errno::NOMEM) => "there is no memory left; end something, then try again",
        Some(Errno::MFILE) => "this process may open no more files, see `ulimit -n`; end something, then try again",
        Some(Errno::NFILE) => "this machine may open no more files, see fs.file-max; end something, then try again",
        Some(Errno::ACCESS | Errno::PERM) => "it may not be started by you",
        _ => "try again, or start it by hand to see more",
    };
    format!("{error}; {helps}")
}

fn shortened(path: &Path) -> String {
    let path = path.display().to_string();
    match path.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path,
    }
}

impl WorktreeError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Io { doing, path, source },
        }
    }

    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(String) -> Self {
        let path = path.into();
        move |message| Self::Read { path, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_without_room_is_not_called_missing() {
        let says = |errno: rustix::io::Errno| WorktreeError::NoGit(errno.into()).to_string();
        assert!(says(rustix::io::Errno::NOENT).ends_with("is it installed and in PATH?"));
        let full = says(rustix::io::Errno::AGAIN);
        assert!(full.contains("pids.max") && !full.contains("installed"), "{full}");
    }
}
