//! The keeper: holds one attempt from its first byte to its exit record, one thread, no runtime, and of what it
//! writes nothing is read but what it asks its terminal.

mod agent;
mod asked;
mod freeze;
mod input;
mod output;
mod serve;
mod stop;

use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::attempt::Exit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Pid, WaitOptions, WaitStatus, set_child_subreaper, set_dumpable_behavior, wait,
};

use crate::attempt_lock::{self, HeldAttempt};
use crate::cgroup::Cgroup;
use crate::error::SupervisorError;
use crate::identity::Identity;
use crate::record::{self, KeeperRecord, KeeperStart};
use crate::syscalls::child_ends;
use crate::{descriptors, given, launch};
use agent::AgentProcess;
use freeze::Freeze;
use input::AgentInput;
use output::OutputStream;
use serve::KeeperServer;
use stop::Stop;

/// How often the keeper looks after its socket and what it has frozen when nothing wakes it.
const IDLE: Duration = Duration::from_secs(5);
/// How long what outlives its agent gets between TERM and KILL.
const AFTERLIFE_MS: u64 = 2_000;

/// The keeper's whole life; returns its exit code. `folder` is the attempt's folder with `start.json` in it.
pub fn main(folder: &Path) -> i32 {
    // Nobody but root may look into it: it is given what agents are given, keys too.
    let _where_it_can = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let held = match hold(folder) {
        Ok(held) => held,
        Err(code) => return code,
    };
    match KeeperLoop::start(folder, held) {
        Ok(keeper) => keeper.run(),
        Err(error) => {
            // The agent may have been started before the rest failed: nobody would watch it.
            stop::end_everything();
            if let Ok(Some(KeeperRecord { cgroup: Some(group), .. })) = record::keeper_record(folder) {
                Cgroup::at(&group).remove();
            }
            record_exit(folder, &Exit { error: Some(error.to_string()), ..Exit::default() });
            1
        }
    }
}

/// Writes `exit.json`. Without space there is no record, and without a record the run would be lost, so it
/// waits for space as long as the folder is there.
fn record_exit(folder: &Path, exit: &Exit) {
    while record::write(folder, "exit.json", exit).is_err() && folder.exists() {
        std::thread::sleep(output::RETRY);
    }
}

/// Takes the attempt's lock, or returns the exit code of a second keeper.
fn hold(folder: &Path) -> Result<HeldAttempt, i32> {
    attempt_lock::hold(folder).map_err(|_| 1)?.ok_or(launch::HELD_BY_ANOTHER)
}

struct KeeperLoop {
    folder: PathBuf,
    start: KeeperStart,
    held: HeldAttempt,
    agent: AgentProcess,
    outputs: Vec<OutputStream>,
    input: AgentInput,
    server: KeeperServer,
    stop: Option<Stop>,
    group: Option<Cgroup>,
    frozen: Option<Freeze>,
    /// Readable when a child has ended, so that none stays unreaped.
    child_ends: OwnedFd,
    /// The agent's own end; its descendants may live longer.
    ended: Option<WaitStatus>,
    limit: Option<Instant>,
    timed_out: bool,
    asked: bool,
    /// When it was last looked whether the socket is still there.
    looked: Instant,
}

impl KeeperLoop {
    fn start(folder: &Path, held: HeldAttempt) -> Result<Self, SupervisorError> {
        let path = folder.join("start.json");
        let start: KeeperStart = record::read(&path)?.ok_or(SupervisorError::Silent(path))?;
        let me = std::process::id();
        set_child_subreaper(i32::try_from(me).ok().and_then(Pid::from_raw))
            .map_err(|e| SupervisorError::io("become the subreaper for", folder)(e.into()))?;
        let server = KeeperServer::bind(&start.socket)?;
        let keeper = Identity::of(me).ok_or(SupervisorError::Silent("/proc".into()))?;
        let group = start.freezer.then(|| Cgroup::make(&format!("pilothouse-{}-{me}", start.run))).flatten();
        let mut known = KeeperRecord {
            run: start.run.clone(),
            keeper,
            agent: None,
            socket: start.socket.clone(),
            cgroup: group.as_ref().map(|group| group.path().to_owned()),
        };
        record::write(folder, "keeper.json", &known)?;
        let mut input = AgentInput::open(folder)?;
        // Before the first child, so that the end of none goes unnoticed.
        let child_ends = child_ends().map_err(SupervisorError::io("hear of ends in", folder))?;
        let given = given::read().map_err(SupervisorError::io("read the environment for", folder))?;
        let spawned = agent::spawn(&start, &given, group.as_ref());
        given::forget(given);
        let mut agent = spawned?;
        known.agent = Identity::of_child(agent.pid);
        let outputs = output::open(folder, &agent, start.terminal)?;
        record::write(folder, "keeper.json", &known)?;
        input.attach(agent.take_stdin()?);
        for first in &start.input {
            input.write(&first.id, &first.data)?;
        }
        if start.close_input {
            input.close();
        }
        // Nobody may be listening any more; the agent runs all the same.
        let _heard = std::io::stdout().write_all(launch::READY.as_bytes());
        let _flushed = std::io::stdout().flush();
        descriptors::detach().map_err(SupervisorError::io("detach", folder))?;
        let limit = start.limit_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        Ok(Self {
            folder: folder.to_owned(),
            start,
            held,
            agent,
            outputs,
            input,
            server,
            stop: None,
            group,
            frozen: None,
            child_ends,
            ended: None,
            limit,
            timed_out: false,
            asked: false,
            looked: Instant::now(),
        })
    }

    fn run(mut self) -> i32 {
        loop {
            self.wait_for_something();
            if self.looked.elapsed() >= IDLE {
                self.looked = Instant::now();
                self.server.keep(&self.start.socket);
            }
            for output in &mut self.outputs {
                output.pump();
                self.input.answer(&output.take_answers());
            }
            self.input.pump();
            self.serve();
            if self.limit.is_some_and(|at| Instant::now() >= at) {
                self.limit = None;
                self.timed_out = self.ended.is_none();
                self.begin_stop(AFTERLIFE_MS);
            }
            let nothing_left = self.reap();
            if nothing_left {
                return self.finish();
            }
            if let Some(stop) = &mut self.stop {
                stop.step(self.group.as_ref());
            } else if let Some(frozen) = &mut self.frozen {
                frozen.again(self.group.as_ref());
            }
        }
    }

    fn wait_for_something(&self) {
        let mut timeout = self.stop.as_ref().map_or(IDLE, Stop::wait);
        if let Some(at) = self.limit {
            timeout = timeout.min(at.saturating_duration_since(Instant::now()));
        }
        let mut fds = Vec::with_capacity(8);
        fds.push(PollFd::new(&self.child_ends, PollFlags::IN));
        if self.ended.is_none() {
            fds.push(PollFd::new(&self.agent.pidfd, PollFlags::IN));
        }
        for output in &self.outputs {
            match output.wants() {
                output::Wants::Bytes(fd) => fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN)),
                output::Wants::Space => timeout = timeout.min(output::RETRY),
                output::Wants::Nothing => {}
            }
        }
        if let Some(fd) = self.input.wants() {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::OUT));
        }
        self.server.poll(&mut fds);
        let timeout = Timespec { tv_sec: timeout.as_secs().cast_signed(), tv_nsec: timeout.subsec_nanos().into() };
        // A signal or a bad descriptor only means looking at everything once more.
        let _woken = poll(&mut fds, Some(&timeout));
    }

    /// Reaps what has ended; `true` when no process of the attempt is left (the kernel's own word, ECHILD).
    fn reap(&mut self) -> bool {
        // Several ends may be told of as one, so what it says is not looked at.
        let mut told = [0u8; 1024];
        while rustix::io::read(&self.child_ends, &mut told).is_ok_and(|n| n > 0) {}
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid.as_raw_pid().cast_unsigned() == self.agent.pid => {
                    self.ended = Some(status);
                    self.begin_stop(AFTERLIFE_MS);
                }
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(rustix::io::Errno::CHILD) => return true,
                Err(_) => return false,
            }
        }
    }

    fn begin_stop(&mut self, grace_ms: u64) {
        let agent_over = self.ended.is_some();
        match &mut self.stop {
            None => self.stop = Some(Stop::begin(grace_ms, agent_over)),
            Some(stop) => stop.hurry(grace_ms),
        }
        // What stands still can't hear that it is to end.
        self.thaw();
    }

    fn thaw(&mut self) {
        if let Some(frozen) = self.frozen.take() {
            frozen.end(self.group.as_ref());
        }
    }

    /// Nothing lives: the last bytes are kept, then the exit record is written.
    fn finish(mut self) -> i32 {
        loop {
            self.outputs.iter_mut().for_each(OutputStream::drain);
            if self.outputs.iter().all(OutputStream::is_kept) {
                break;
            }
            std::thread::sleep(output::RETRY);
        }
        let status = self.ended;
        let exit = Exit {
            code: status.and_then(WaitStatus::exit_status),
            signal: status.and_then(WaitStatus::terminating_signal),
            error: None,
            survivors_ended: self.stop.as_ref().map_or(0, Stop::survivors),
            asked: self.asked,
            timed_out: self.timed_out,
            last_words: None,
        };
        if let Some(group) = &self.group {
            group.remove();
        }
        record_exit(&self.folder, &exit);
        self.server.remove(&self.start.socket);
        0
    }
}
