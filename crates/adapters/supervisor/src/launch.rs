//! Starting a keeper so that it does not depend on whoever started it.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::attempt::Exit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::attempt_lock::hold;
use crate::below::end_for_keeper;
use crate::error::SupervisorError;
use crate::given;
use crate::identity::Identity;
use crate::open_limit::with_first_open_limit;
use crate::patience::with_patience;
use crate::record::{self, KeeperRecord, KeeperStart};

/// How long a keeper may take until its agent runs.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// A keeper that has started its agent.
#[derive(Debug)]
pub struct Launched {
    pub record: KeeperRecord,
    /// To be waited for when the keeper is gone, so that it leaves no zombie.
    pub child: Child,
}

/// Writes `start.json` into `folder` and starts `binary __keeper folder`; returns when the agent runs. The agent gets this
/// process's environment without what is git's own, and the variables in `unwritten`, which stand in no file and not in the
/// keeper's environment either.
/// An attempt whose keeper was started before is never started again.
///
/// # Errors
/// When the agent can't be started; the reason is the keeper's own.
pub fn launch(
    binary: &Path,
    folder: &Path,
    start: &KeeperStart,
    unwritten: &[(String, String)],
) -> Result<Launched, SupervisorError> {
    record::write(folder, "start.json", start)?;
    let mut child = with_patience(|| {
        let mut command = Command::new(binary);
        command
            .arg("__keeper")
            .arg(folder)
            .stdin(given::written(&given::to_agents(unwritten))?)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            .env_clear()
            .envs(given::to_keeper());
        with_first_open_limit(&mut command);
        command.spawn()
    })
    .map_err(SupervisorError::io("start the keeper", binary))?;
    let Some(word) = first_word(&mut child).map_err(SupervisorError::io("hear from the keeper of", folder))? else {
        give_up(folder, &mut child)?;
        return Err(SupervisorError::NotStarted("its keeper does not get ready".to_owned()));
    };
    if let Some(record) = record::keeper_record(folder)?.filter(|r| r.agent.is_some())
        && word == READY
    {
        return Ok(Launched { record, child });
    }
    let reaped = child.wait();
    if reaped.as_ref().is_ok_and(|status| status.code() == Some(HELD_BY_ANOTHER)) {
        return Err(SupervisorError::Held);
    }
    let ended = reaped.map_or_else(|e| e.to_string(), |status| status.to_string());
    let why = record::exit_record(folder)?.and_then(|exit| exit.error);
    Err(SupervisorError::NotStarted(why.unwrap_or_else(|| format!("its keeper did not start ({ended})"))))
}

/// All that the keeper says until it closes its standard output, which it does when it has started the agent, or has failed to;
/// `None` when it does neither for too long. One that somebody has stopped is woken.
fn first_word(child: &mut Child) -> io::Result<Option<String>> {
    let Some(mut out) = child.stdout.take() else { return Ok(Some(String::new())) };
    let (deadline, mut word) = (Instant::now() + READY_WITHIN, Vec::new());
    let look = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
    while Instant::now() < deadline {
        match poll(&mut [PollFd::new(&out, PollFlags::IN)], Some(&look)) {
            Ok(0) => drop(Identity::of(child.id()).map(|keeper| keeper.wake())),
            Ok(_) => {
                let mut chunk = [0u8; 64];
                let n = out.read(&mut chunk)?;
                word.extend_from_slice(&chunk[..n]);
                if n == 0 {
                    return Ok(Some(String::from_utf8_lossy(&word).into_owned()));
                }
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Ends a keeper that does not get ready, with all that it may have started, and leaves an exit record.
fn give_up(folder: &Path, child: &mut Child) -> Result<(), SupervisorError> {
    let ended = match record::keeper_record(folder)? {
        Some(record) => end_for_keeper(&record),
        // It has started nothing before its record.
        None => true,
    };
    // It is one of ours, so this ends it for sure.
    let _ended = child.kill();
    let _reaped = child.wait();
    if ended && record::exit_record(folder)?.is_none() {
        let error = Some("its keeper did not get ready and was ended".to_owned());
        record::write(folder, "exit.json", &Exit { error, ..Exit::default() })?;
    }
    Ok(())
}

/// Leaves an exit record where no keeper ever held the folder, so that none will start anything there; `true` when it did.
///
/// # Errors
/// When the folder can't be read or written.
pub fn forestall(folder: &Path) -> Result<bool, SupervisorError> {
    let Some(_held) = hold(folder).map_err(SupervisorError::io("open", folder))? else { return Ok(false) };
    let error = Some("ended before it began".to_owned());
    record::write(folder, "exit.json", &Exit { error, asked: true, ..Exit::default() })?;
    Ok(true)
}

/// The exit code of a keeper that finds its folder held, or used up, by another (EX_TEMPFAIL of sysexits.h).
pub(crate) const HELD_BY_ANOTHER: i32 = 75;

/// The line that a keeper writes to its standard output once its agent runs.
pub(crate) const READY: &str = "ready\n";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    /// Makes a binary of a script, to be launched in the keeper's place, and the start that it is given.
    fn given(folder: &Path, script: &str) -> (PathBuf, KeeperStart) {
        let binary = folder.join("binary");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).expect("room");
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o700)).expect("ours");
        let start = serde_json::json!({
            "run": "r", "home": folder, "program": "true", "args": [], "cwd": folder, "env": [], "terminal": null,
            "input": [], "socket": folder.join("k"), "limit_ms": null,
        });
        (binary, serde_json::from_value(start).expect("a start"))
    }

    #[test]
    fn a_keeper_that_is_stopped_is_woken() {
        let folder = tempfile::tempdir().expect("a folder");
        let (binary, start) = given(folder.path(), "kill -STOP $$; exit 3");
        let error = launch(&binary, folder.path(), &start, &[]).expect_err("it starts nothing");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_keeper_never_ready_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let (binary, start) = given(folder.path(), "echo $$ > pid; cd /; exec sleep 300");
        let script =
            fs::read_to_string(&binary).expect("ours").replace("> pid", &format!("> {:?}", folder.path().join("pid")));
        fs::write(&binary, script).expect("room");
        let error = launch(&binary, folder.path(), &start, &[]).expect_err("it starts nothing");
        assert!(error.to_string().contains("does not get ready"), "{error}");
        let pid = fs::read_to_string(folder.path().join("pid")).expect("it began");
        assert!(Identity::of(pid.trim().parse().expect("a number")).is_none(), "it is ended");
        assert!(record::exit_record(folder.path()).expect("readable").is_some(), "and none starts there later");
        assert!(!forestall(folder.path()).expect("readable"));
    }
}
