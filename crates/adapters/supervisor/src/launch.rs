//! Starting a keeper so that it does not depend on whoever started it.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::attempt::Exit;

use crate::attempt_lock::hold;
use crate::error::SupervisorError;
use crate::given;
use crate::open_limit::with_first_open_limit;
use crate::patience::with_patience;
use crate::record::{self, KeeperRecord, Start};

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
    start: &Start,
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
    // The keeper closes its standard output when it has started the agent, or has failed to.
    let mut word = String::new();
    let heard = child.stdout.take().map(|mut out| out.read_to_string(&mut word));
    if let Some(Err(e)) = heard {
        return Err(SupervisorError::io("hear from the keeper of", folder)(e));
    }
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

/// What a keeper says on its standard output when its agent runs.
pub(crate) const READY: &str = "ready\n";
