//! Effects on keepers and the processes they hold.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, Instant};

use agents::{AttemptPlace, Program};
use domain::attempt::AttemptKey;
use domain::command::NewRun;
use domain::decide::Facts;
use domain::effect::Outcome;
use domain::policy::Policy;
use evidence::StateFolder;
use supervisor::{Keeper, KeeperRecord, KeeperReply, KeeperRequest, KeeperStart, Launched, StartInput};
use worktrees::WorktreeError;

use super::effect_error::EffectError;
use super::job::{Job, Performed, attempt_folder, failed, repository, worktree};
use super::step::EffectProgress;
use super::{Performer, gateway, inside, keep, sandbox, scratch};
use crate::agent_program::find_program;
use crate::kept_input;
use crate::known::{KnownAgent, known};
use crate::places::DaemonPlaces;

/// Most bytes of the log of what was written to an agent.
const LARGEST_LOG: u64 = 1 << 30;
/// Time between two looks at a folder while its keeper gets ready.
const LOOK: Duration = Duration::from_millis(10);

/// Starts the agent, when the session it goes on in has rested long enough.
pub(super) fn start(places: &DaemonPlaces, performer: &Performer, job: &Job, attempt: &AttemptKey) -> EffectProgress {
    let folder = match attempt_folder(places, job, attempt) {
        Ok(folder) => folder,
        Err(reason) => return failed(reason).into(),
    };
    if job.again
        && let Some(done) = started_before(&folder)
    {
        return match done {
            Ok(record) => running(performer, job, attempt, &folder, record, None).into(),
            Err(reason) => failed(reason).into(),
        };
    }
    let rests = job.start.as_ref().filter(|with| with.resume.is_some()).and_then(|with| agents::find(&with.agent));
    let left =
        rests.map_or(Duration::ZERO, |agent| left_to_rest(&folder, Duration::from_millis(agent.session_rests_ms)));
    let attempt = attempt.clone();
    match left.is_zero() {
        true => begin(places, performer, job, &attempt, &folder).into(),
        false => EffectProgress::After(
            left,
            Box::new(move |performer, job| begin(&performer.places, performer, job, &attempt, &folder).into()),
        ),
    }
}

fn begin(places: &DaemonPlaces, performer: &Performer, job: &Job, attempt: &AttemptKey, folder: &Path) -> Performed {
    match launch(places, performer, job, attempt, folder) {
        Ok(launched) => running(performer, job, attempt, folder, launched.record, Some(launched.child)),
        // An earlier daemon's keeper got there first, after it had been looked for; or its end came first.
        Err(Launch::Held) => match started_before(folder) {
            Some(Ok(record)) => running(performer, job, attempt, folder, record, None),
            Some(Err(reason)) => failed(reason),
            None => failed("another keeper had this attempt and left nothing"),
        },
        Err(Launch::Failed(reason)) => failed(reason),
    }
}

enum Launch {
    Held,
    Failed(EffectError),
}

impl<E: Into<EffectError>> From<E> for Launch {
    fn from(reason: E) -> Self {
        Self::Failed(reason.into())
    }
}

fn running(
    performer: &Performer,
    job: &Job,
    attempt: &AttemptKey,
    folder: &Path,
    record: KeeperRecord,
    child: Option<std::process::Child>,
) -> Performed {
    let Some(agent) = &record.agent else { return failed("the keeper does not say which process its agent is") };
    // What it was started with counts, not what the settings say by now.
    let start = supervisor::start_record(folder).ok().flatten();
    let sandbox = start.as_ref().and_then(|start| start.writable.as_ref()).map(|_| "landlock".to_owned());
    let metered = start.as_ref().is_some_and(|start| start.metered);
    let paid_by = start.as_ref().and_then(|start| start.paid_by.clone());
    let reads = start.map_or_else(String::new, |start| start.reads);
    let facts = Facts::Started { pid: agent.pid, keeper_pid: record.keeper.pid, reads, sandbox, metered, paid_by };
    performer.await_keeper(job.spec.id.clone(), attempt.clone(), record.keeper, child);
    (Outcome::Done, facts)
}

/// Returns what an interrupted start came to: the running keeper, why it failed, or `None` when no keeper ever held the
/// folder. An agent is never started twice, so a keeper that died while starting is a failure.
fn started_before(folder: &Path) -> Option<Result<KeeperRecord, EffectError>> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match supervisor::exit_record(folder) {
            Ok(Some(exit)) if exit.error.is_some() => return Some(Err(exit.describe().into())),
            Ok(_) => {}
            Err(error) => return Some(Err(error.into())),
        }
        match supervisor::keeper_record(folder) {
            Ok(Some(record)) if record.agent.is_some() => return Some(Ok(record)),
            Ok(record) if !supervisor::is_held(folder) => {
                let died = || Err("its keeper died while it started the agent; it is not started twice".into());
                return record.map(|_| died());
            }
            Ok(_) if Instant::now() > deadline => return Some(Err("its keeper does not get ready".into())),
            Ok(_) => std::thread::sleep(LOOK),
            Err(error) => return Some(Err(error.into())),
        }
    }
}

fn launch(
    places: &DaemonPlaces,
    performer: &Performer,
    job: &Job,
    attempt: &AttemptKey,
    folder: &Path,
) -> Result<Launched, Launch> {
    let spec = &job.spec;
    let with = job.start.as_ref().ok_or_else(|| format!("nothing says what {attempt} is to do"))?;
    // How agents are started here is the person's own affair, never a repository's.
    let settings = performer.settings()?;
    let missing = || format!("there is no agent called {} any more in {}", with.agent, places.config.display());
    let agent = known(&settings, &with.agent).ok_or_else(missing)?;
    let own = settings.agents.get(&with.agent).map(|own| own.value.clone()).unwrap_or_default();
    // Never in the main checkout, never in what took the worktree's place.
    let scratch = scratch::path(places, &spec.id);
    let mut place = place(spec, folder, &scratch)?;
    keep::ready(places, job)?;
    if with.policy == Policy::Sandboxed {
        // What git writes in its worktree goes into a store of the run's own; the repository's is out of its reach.
        let store = scratch::store(places, &spec.id);
        let repo = repository(spec)?;
        let opened = repo.open_store(Path::new(&place.cwd), spec.id.as_str(), &spec.branch, &store);
        if opened? {
            place.common_dir = store.to_string_lossy().into_owned();
        }
    }
    repository(spec).and_then(|repo| repo.keep_stashes(spec.id.as_str()))?;
    if let Some(session) = with.resume.as_ref().filter(|session| !agents::traces::is_session_name(session)) {
        let next = "`pilothouse retry --fresh` begins a new one";
        return Err(format!("its session is called {session:?}, which is no name that can be passed on; {next}").into());
    }
    let through = gateway::open(places, performer, job, attempt, &settings, &agent, &own)?;
    let place = AttemptPlace { gateway: through.as_ref().map(|through| through.gateway.clone()), ..place };
    let wanted = agent.start(&with.task(), &place, spec.interactive);
    let program = find_program(places, &agent, &own, spec.caller.get("PATH").map(String::as_str))?;
    let base = keep::start(places, performer, job, place.cwd.clone());
    let inside = spec.interactive.then(inside::variables).into_iter().flatten();
    let env: Vec<_> = base.env.iter().cloned().chain(inside).chain(wanted.env).chain(own.env.clone()).collect();
    let through = through.map(|through| through.redirect(&agent, &place, env.clone()));
    let through = through.unwrap_or_else(|| gateway::beside(places, &performer.gateway, job, &settings, &agent, &own));
    // What is handed down counts only where the record has nothing of that name.
    let handed = |name: &String| through.unwritten.iter().any(|(known, _)| known == name);
    let env: Vec<_> = env.into_iter().filter(|(name, _)| !handed(name)).chain(through.env).collect();
    new_enough(performer, &agent, own.minimum.as_deref(), &program, &env)?;
    let state = evidence::StateFolder::open(&places.home)?;
    state.run(&spec.id).create_attempt(attempt)?;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&place.attempt);
    made.map_err(EffectError::file(format!("no folder for what the agent writes: {}", place.attempt)))?;
    let own_files = agent.files().iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    for (name, text) in own_files.chain(through.files) {
        let path = Path::new(&place.attempt).join(name);
        fs::write(&path, text).map_err(EffectError::file(format!("{} can't be written", path.display())))?;
    }
    let writable = match with.policy {
        Policy::Sandboxed => {
            let cache = scratch::cache(places, spec);
            let own: Vec<_> = [Some(scratch.as_path()), cache.as_deref()].into_iter().flatten().collect();
            Some(sandbox::writable(&agent, &place, &own, &env)?)
        }
        Policy::Ask | Policy::Edits | Policy::All => None,
    };
    let unset = spec.interactive.then(inside::unset).into_iter().flatten();
    let start = KeeperStart {
        program,
        args: wanted.args,
        reads: agent.reads(spec.interactive).name().to_owned(),
        env,
        unset: through.unset.into_iter().chain(unset).collect(),
        metered: through.metered,
        paid_by: through.paid_by,
        terminal: spec.interactive.then(|| inside::terminal(&spec.caller, &settings.theme.value)),
        input: wanted.input.into_iter().map(|(id, data)| StartInput { id, data }).collect(),
        close_input: wanted.close_input,
        leave_ms: Some(wanted.leave_ms),
        writable,
        ..base
    };
    supervisor::launch(&places.binary, folder, &start, &through.unwritten).map_err(|e| match e {
        supervisor::SupervisorError::Held => Launch::Held,
        other => Launch::Failed(other.into()),
    })
}

/// Returns the time until every earlier attempt was started at least `rests` ago.
fn left_to_rest(folder: &Path, rests: Duration) -> Duration {
    let attempts = folder.parent().and_then(|attempts| fs::read_dir(attempts).ok()).into_iter().flatten().flatten();
    let begun = attempts.filter_map(|attempt| fs::metadata(attempt.path().join("start.json")).ok()?.modified().ok());
    let ago = begun.filter_map(|at| at.elapsed().ok()).min();
    ago.map_or(Duration::ZERO, |ago| rests.saturating_sub(ago))
}

/// Returns where the run's agents work, as it is now.
fn place(spec: &NewRun, attempt: &Path, tmp: &Path) -> Result<AttemptPlace, WorktreeError> {
    let repo = repository(spec)?;
    let cwd = worktree(&repo, spec)?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let root = rustix::process::geteuid().is_root();
    let git_dir = text(&repo.check_linked(&cwd)?);
    // Not the attempt's own folder: what lies there is what the keeper says, and no agent may say that.
    let (common_dir, attempt) = (text(repo.common_dir()), text(&attempt.join("agent")));
    Ok(AttemptPlace { git_dir, common_dir, cwd: text(&cwd), attempt, tmp: text(tmp), root, gateway: None })
}

/// Refuses an agent's program whose version is too old, since it would fail in ways of its own. One that says no
/// version is not judged.
fn new_enough(
    performer: &Performer,
    agent: &KnownAgent,
    asked: Option<&str>,
    program: &str,
    env: &[(String, String)],
) -> Result<(), EffectError> {
    let KnownAgent::BuiltIn(agent) = agent else { return Ok(()) };
    let Some(minimum) = asked.or(agent.minimum) else { return Ok(()) };
    let version = performer.versions.of(Path::new(program), env);
    match version.filter(|version| supervisor::is_older(version, minimum)) {
        Some(version) => {
            let get = match agent.program {
                Program::InPath { install, .. } => format!("update it with `{install}`"),
                Program::Own => "update it".to_owned(),
            };
            let name = agent.name;
            Err(format!(
                "{name} is {version}, older than {minimum}, the oldest that was tried; {get}, or set minimum = {version:?} \
                 in [agent.{name}]; then retry"
            )
            .into())
        }
        None => Ok(()),
    }
}

/// Writes a line to an agent once: the keeper logs the id before it sends and ignores one it knows.
pub(super) fn write(places: &DaemonPlaces, job: &Job, attempt: &AttemptKey, write: &str, data: &str) -> Performed {
    let done = || (Outcome::Done, Facts::Nothing);
    let folder = match attempt_folder(places, job, attempt) {
        Ok(folder) => folder,
        Err(reason) => return failed(reason),
    };
    let run = match StateFolder::open(&places.home) {
        Ok(state) => state.run(&job.spec.id),
        Err(error) => return failed(error),
    };
    let request = KeeperRequest::Stdin { id: write.to_owned(), data: kept_input::back(&run, data) };
    match ask(&folder, &request) {
        Ok(KeeperReply::Done | KeeperReply::Known) => done(),
        Ok(_) => failed("the keeper gave another answer than was asked for"),
        Err(_) if was_logged(&folder, write) => {
            let reason = "the keeper had logged the line and is gone; it may have sent it".to_owned();
            (Outcome::Unknown(reason), Facts::Nothing)
        }
        Err(reason) => failed(reason),
    }
}

/// Closes an agent's input. Closing what is closed is no mistake, so no probe is needed.
pub(super) fn close_input(places: &DaemonPlaces, job: &Job, attempt: &AttemptKey) -> Performed {
    let closed =
        attempt_folder(places, job, attempt).and_then(|folder| match ask(&folder, &KeeperRequest::CloseStdin) {
            Err(_) if supervisor::exit_record(&folder).is_ok_and(|exit| exit.is_some()) => Ok(()),
            answered => answered.map(|_| ()),
        });
    match closed {
        Ok(()) => (Outcome::Done, Facts::Nothing),
        Err(reason) => failed(reason),
    }
}

pub(super) fn ask(folder: &Path, request: &KeeperRequest) -> Result<KeeperReply, EffectError> {
    let record = supervisor::keeper_record(folder)?;
    let record = record.ok_or("no keeper holds this attempt")?;
    Keeper::new(&record).ask(request).map_err(EffectError::from)
}

/// Whether `stdin.jsonl` has a line of this id.
fn was_logged(folder: &Path, id: &str) -> bool {
    let log = evidence::read_plain(&folder.join("stdin.jsonl"), LARGEST_LOG).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let is_it = |line: &str| serde_json::from_str::<StartInput>(line).is_ok_and(|logged| logged.id == id);
    log.lines().any(is_it)
}
