//! Calls that end: git that waits for something which never comes, or takes longer than anybody would wait, is killed
//! with all that it started, and so is git in the worktree of a run that is ended.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::WorktreeError;
use crate::waits::{GroupProgress, pipe_in_place_of_a_file};

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The time without any work of its processes after which a call is killed.
    still: Duration,
    most: Duration,
}

impl Bounds {
    /// For calls that only read.
    pub(crate) const LOOK: Self = Self { still: Duration::from_secs(15), most: Duration::from_secs(600) };
    /// For calls that write files or hash them; a filter may wait for its server.
    pub(crate) const WORK: Self = Self { still: Duration::from_secs(120), most: Duration::from_secs(3600) };
}

/// How often a call that takes long is looked at.
const TICK: Duration = Duration::from_secs(1);
/// Bytes of the longest answer of a call; nobody reads a longer one.
const LARGEST: usize = 1 << 30;

/// A call that is under way.
struct GitCall {
    group: Pid,
    folder: PathBuf,
    reads: bool,
    ended: bool,
}

/// The calls under way. They are known to the whole process, since whoever ends a run's git is another thread than the one
/// that waits for it.
static CALLS: Mutex<Vec<GitCall>> = Mutex::new(Vec::new());

/// Ends every call that works in `folder` just now; the one that waits for it is told that it was ended.
pub fn end_git_in(folder: &Path) {
    end(|call| call.folder == folder);
}

/// Ends every call that changes neither refs nor files.
pub fn end_git_that_reads() {
    end(|call| call.reads);
}

fn end(which: impl Fn(&GitCall) -> bool) {
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    for call in calls.iter_mut().filter(|call| which(call)) {
        call.ended = true;
        let _gone = kill_process_group(call.group, Signal::KILL);
    }
}

/// Output of a call in `folder`, which gets a process group of its own so that all of it can be ended.
pub(crate) fn output(
    command: &mut Command,
    folder: &Path,
    bounds: Bounds,
    verb: &str,
    reads: bool,
    file: Option<File>,
) -> Result<Output, WorktreeError> {
    if reads {
        ends_with_this_thread(command);
    }
    command.stdout(file.map_or_else(Stdio::piped, Stdio::from)).stderr(Stdio::piped()).process_group(0);
    let child = spawn(command)?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has a pid");
    let call = GitCall { group, folder: folder.to_owned(), reads, ended: false };
    CALLS.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    let done = attend(child, group, bounds);
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    let at = calls.iter().position(|call| call.group == group).expect("it was put there");
    let ended = calls.swap_remove(at).ended;
    drop(calls);
    let command = verb.to_owned();
    match done {
        _ if ended => Err(WorktreeError::Ended { command }),
        Ok(output) => Ok(output),
        Err(Over::Io(error)) => Err(WorktreeError::NoGit(error)),
        Err(Over::Late) => Err(WorktreeError::Stuck { command, path: folder.to_owned(), why: "too long".to_owned() }),
        Err(Over::Still) => {
            let pipe = pipe_in_place_of_a_file(folder).map(|path| format!("; {} is no file", path.display()));
            let why = format!("for something that never came{}", pipe.unwrap_or_default());
            Err(WorktreeError::Stuck { command, path: folder.to_owned(), why })
        }
        Err(Over::Large) => Err(WorktreeError::Git { command, message: "its answer has no end".to_owned() }),
    }
}

/// Has a program that changes nothing end when the thread that waits for it does, and so when the daemon is killed: nobody would
/// be told what it says.
fn ends_with_this_thread(command: &mut Command) {
    #[expect(unsafe_code, reason = "between fork and exec nothing but one system call is made")]
    // SAFETY: prctl(2) takes no lock and allocates nothing.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?));
    }
}

/// How often it is tried to start git where the system has no room for a process just now, and how long apart.
const TRIES: u32 = 50;
const APART: Duration = Duration::from_millis(100);

fn spawn(command: &mut Command) -> Result<Child, WorktreeError> {
    for _ in 1..TRIES {
        match command.spawn() {
            Err(error) if has_no_room(&error) => std::thread::sleep(APART),
            done => return done.map_err(WorktreeError::NoGit),
        }
    }
    command.spawn().map_err(WorktreeError::NoGit)
}

/// Whether a start was refused for want of processes, descriptors or memory, which others give back.
fn has_no_room(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let full = [Errno::AGAIN, Errno::NOMEM, Errno::MFILE, Errno::NFILE];
    full.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

enum Over {
    Io(io::Error),
    Late,
    Still,
    Large,
}

impl From<io::Error> for Over {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads what a call says until it has ended.
fn attend(mut child: Child, group: Pid, bounds: Bounds) -> Result<Output, Over> {
    let done = listen(&mut child, group, bounds);
    if done.is_err() {
        let _gone = kill_process_group(group, Signal::KILL);
    }
    let status = child.wait()?;
    done.map(|(stdout, stderr)| Output { status, stdout, stderr })
}

fn listen(child: &mut Child, group: Pid, bounds: Bounds) -> Result<(Vec<u8>, Vec<u8>), Over> {
    let began = Instant::now();
    let mut progress = GroupProgress::begin();
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    while stdout.is_some() || stderr.is_some() {
        let ready = {
            let out = stdout.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN));
            let err = stderr.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN));
            let has_out = out.is_some();
            let mut polled: Vec<PollFd<'_>> = out.into_iter().chain(err).collect();
            let tick = Timespec { tv_sec: i64::try_from(TICK.as_secs()).unwrap_or(1), tv_nsec: 0 };
            match poll(&mut polled, Some(&tick)) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(errno) => return Err(Over::Io(errno.into())),
                Ok(_) => {}
            }
            let is_ready = |at: usize| polled.get(at).is_some_and(|fd| !fd.revents().is_empty());
            (has_out && is_ready(0), is_ready(usize::from(has_out)))
        };
        let mut heard = 0;
        if ready.0 {
            heard += take(&mut stdout, &mut said)?;
        }
        if ready.1 {
            heard += take(&mut stderr, &mut complained)?;
        }
        if said.len() + complained.len() > LARGEST {
            return Err(Over::Large);
        }
        if began.elapsed() > bounds.most {
            return Err(Over::Late);
        }
        if heard == 0 && (stdout.is_some() || stderr.is_some()) && progress.stands_still_for(group) > bounds.still {
            return Err(Over::Still);
        }
    }
    Ok((said, complained))
}

/// Takes what a pipe has; closes it at its end.
fn take(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) -> io::Result<usize> {
    let Some(open) = pipe else { return Ok(0) };
    let mut chunk = [0u8; 64 << 10];
    match open.read(&mut chunk) {
        Ok(0) => {
            *pipe = None;
            Ok(0)
        }
        Ok(n) => {
            into.extend_from_slice(&chunk[..n]);
            Ok(n)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SHORT: Bounds = Bounds { still: Duration::from_millis(1500), most: Duration::from_secs(20) };

    #[test]
    fn a_call_that_waits_for_ever_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("sub/.gitignore");
        fs::create_dir(folder.path().join("sub")).expect("a folder");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & cat sub/.gitignore"]).current_dir(folder.path());
        let error = output(&mut command, folder.path(), SHORT, "status", true, None).expect_err("it waits").to_string();
        assert!(error.contains("sub/.gitignore") && error.contains("status"), "{error}");
    }

    #[test]
    fn a_call_that_works_is_waited_for() {
        let mut command = Command::new("sh");
        command.args(["-c", "n=0; while [ $n -lt 300000 ]; do n=$((n + 1)); done; echo done; echo well >&2"]);
        let done = output(&mut command, Path::new("/"), SHORT, "status", true, None).expect("it ends");
        assert_eq!((done.stdout.as_slice(), done.stderr.as_slice()), (&b"done\n"[..], &b"well\n"[..]));
    }

    #[test]
    fn a_folder_call_can_be_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().to_owned();
        let waiting = std::thread::spawn(move || {
            let mut command = Command::new("sh");
            command.args(["-c", "sleep 1000"]);
            output(&mut command, &place, Bounds::WORK, "add", true, None).map(drop)
        });
        while !waiting.is_finished() {
            end_git_in(folder.path());
            std::thread::yield_now();
        }
        let ended = waiting.join().expect("no panic");
        assert!(matches!(ended, Err(WorktreeError::Ended { .. })), "{ended:?}");
    }
}
