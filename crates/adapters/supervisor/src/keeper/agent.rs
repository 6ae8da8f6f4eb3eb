//! Starting the agent in its own session, on pipes or on a terminal.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use landlock::RulesetCreated;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::cgroup::Cgroup;
use crate::error::SupervisorError;
use crate::patience::with_patience;
use crate::record::KeeperStart;
use crate::sandbox;
use crate::{HOME_MARKER, RUN_MARKER};

pub(super) struct AgentProcess {
    pub(super) pid: u32,
    pub(super) pidfd: OwnedFd,
    pub(super) streams: Streams,
}

pub(super) enum Streams {
    Pipes { stdin: Option<OwnedFd>, stdout: OwnedFd, stderr: OwnedFd },
    Terminal(pty_process::blocking::Pty),
}

impl AgentProcess {
    /// The descriptor that the agent's standard input is written to, given away once.
    pub(super) fn take_stdin(&mut self) -> Result<Option<OwnedFd>, SupervisorError> {
        match &mut self.streams {
            Streams::Pipes { stdin, .. } => Ok(stdin.take()),
            Streams::Terminal(pty) => {
                let copy = std::os::fd::AsFd::as_fd(pty).try_clone_to_owned();
                copy.map(Some).map_err(SupervisorError::io("duplicate", "the agent's terminal"))
            }
        }
    }
}

/// Starts it with what it was `given` and what `start` says on top.
pub(super) fn spawn(
    start: &KeeperStart,
    given: &[(OsString, OsString)],
    group: Option<&Cgroup>,
) -> Result<AgentProcess, SupervisorError> {
    let cannot = |e: io::Error| SupervisorError::NotStarted(format!("cannot start {}: {e}", start.program));
    let (child, streams) = with_patience(|| match start.terminal {
        Some(size) => on_terminal(start, given, group, size.columns, size.rows).map_err(|error| match error {
            pty_process::Error::Io(error) => error,
            pty_process::Error::Rustix(error) => error.into(),
        }),
        None => on_pipes(start, given, group),
    })
    .map_err(cannot)?;
    let pid = child.id();
    let handle = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a child has a pid");
    let pidfd = with_patience(|| Ok(pidfd_open(handle, PidfdFlags::empty())?)).map_err(cannot)?;
    // The keeper reaps with wait(2), so the handle of the standard library is not needed.
    drop(child);
    Ok(AgentProcess { pid, pidfd, streams })
}

/// Returns the agent's whole environment. A variable that the start sets stays, also where the start unsets its name.
fn environment<'a>(
    start: &'a KeeperStart,
    given: &'a [(OsString, OsString)],
) -> impl Iterator<Item = (&'a OsStr, &'a OsStr)> {
    let markers = [(RUN_MARKER, start.run.as_str()), (HOME_MARKER, start.home.as_str())];
    let set = start.env.iter().map(|(k, v)| (k.as_str(), v.as_str())).chain(markers);
    let kept = given.iter().filter(|(name, _)| start.unset.iter().all(|unset| name != unset.as_str()));
    let kept = kept.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    kept.chain(set.map(|(name, value)| (OsStr::new(name), OsStr::new(value))))
}

/// Enters the group, between fork and exec, so that nothing the agent starts can be outside of it. One that
/// can't be entered is no reason not to start: what is outside is reached by signals.
fn enter(entrance: Option<&File>) {
    if let Some(entrance) = entrance {
        let _outside = rustix::io::write(entrance, b"0");
    }
}

/// Puts what is about to become the agent inside, between fork and exec. The keeper has one thread, so nothing else
/// can hold a lock that this would wait for. One that can't be put inside is not started.
fn confine(inside: &mut Option<RulesetCreated>) -> io::Result<()> {
    match inside.take() {
        Some(ruleset) => ruleset.restrict_self().map(drop).map_err(io::Error::other),
        None => Ok(()),
    }
}

fn inside(start: &KeeperStart) -> io::Result<Option<RulesetCreated>> {
    start.writable.as_deref().map(sandbox::ruleset).transpose().map_err(io::Error::other)
}

fn on_pipes(
    start: &KeeperStart,
    given: &[(OsString, OsString)],
    group: Option<&Cgroup>,
) -> io::Result<(Child, Streams)> {
    let entrance = group.and_then(Cgroup::entrance);
    let mut inside = inside(start)?;
    let mut command = Command::new(&start.program);
    command
        .args(&start.args)
        .current_dir(&start.cwd)
        .env_clear()
        .envs(environment(start, given))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[expect(unsafe_code, reason = "the keeper has one thread, so whatever runs here finds no lock taken")]
    // SAFETY: no other thread exists that could hold a lock at the fork.
    unsafe {
        command.pre_exec(move || {
            enter(entrance.as_ref());
            confine(&mut inside)?;
            rustix::process::setsid().map(|_| ()).map_err(Into::into)
        });
    }
    let mut child = command.spawn()?;
    let gone = || io::Error::other("a pipe is missing");
    let stdout = child.stdout.take().ok_or_else(gone)?.into();
    let stderr = child.stderr.take().ok_or_else(gone)?.into();
    let stdin = child.stdin.take().map(Into::into);
    Ok((child, Streams::Pipes { stdin, stdout, stderr }))
}

fn on_terminal(
    start: &KeeperStart,
    given: &[(OsString, OsString)],
    group: Option<&Cgroup>,
    columns: u16,
    rows: u16,
) -> Result<(Child, Streams), pty_process::Error> {
    let entrance = group.and_then(Cgroup::entrance);
    let mut inside = inside(start).map_err(pty_process::Error::Io)?;
    let (pty, pts) = pty_process::blocking::open()?;
    pty.resize(pty_process::Size::new(rows, columns))?;
    let command = pty_process::blocking::Command::new(&start.program)
        .args(&start.args)
        .current_dir(&start.cwd)
        .env_clear()
        .envs(environment(start, given));
    #[expect(unsafe_code, reason = "the keeper has one thread, so whatever runs here finds no lock taken")]
    // SAFETY: no other thread exists that could hold a lock at the fork.
    let command = unsafe {
        command.pre_exec(move || {
            enter(entrance.as_ref());
            confine(&mut inside)
        })
    };
    let child = command.spawn(pts)?;
    Ok((child, Streams::Terminal(pty)))
}
