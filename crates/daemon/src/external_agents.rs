//! Looking for agents that a person started by hand in the worktrees of known repositories, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use agents::Agent;
use agents::traces::{self, Traces};
use domain::attempt::AttemptKey;
use domain::doing::Doing;
use domain::{RunId, Timestamp};
use protocol::{Fact, ObservedAgent};
use supervisor::{ExternalProcesses, Identity, Process};
use transcripts::{Seen, Transcripts};
use worktrees::{Repository, Worktree};

use crate::clock::now;
use crate::input::{Input, Inputs};

/// The variables of an agent's environment that say where it keeps what, and where it is shown.
const VARIABLES: [&str; 5] = ["HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "TMUX", "TMUX_PANE"];

/// Time for which the files of an attempt's agent are remembered when nobody asks for them.
const ATTEMPT_KEPT: Duration = Duration::from_secs(60);
/// Time for which it is believed which worktree a folder lies in, and what is checked out there.
const PLACE_LASTS: Duration = Duration::from_secs(20);

/// An agent that was found, with what pause and terminate are for.
#[derive(Debug)]
pub(crate) struct ExternalAgent {
    pub(crate) agent: ObservedAgent,
    pub(crate) root: Identity,
    /// The facts that `explain` shows of the agent.
    pub(crate) facts: Vec<Fact>,
}

/// The agent of a run of which something is told in the agent's own files alone.
#[derive(Debug, Clone)]
pub(crate) struct Working {
    pub(crate) run: RunId,
    pub(crate) attempt: AttemptKey,
    pub(crate) agent: &'static Agent,
    pub(crate) pid: u32,
    /// The attempt's folder.
    pub(crate) folder: PathBuf,
    /// Whether this is the last look, since the agent has ended.
    pub(crate) last: bool,
}

/// The repositories and runs that a look is for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Main worktrees of the repositories in whose worktrees agents that were started by hand are looked for.
    pub(crate) repositories: BTreeSet<String>,
    pub(crate) working: Vec<Working>,
}

struct AskedLook {
    wanted: Wanted,
    then: Option<Box<Input>>,
}

/// The dispatcher's end of the thread.
pub(crate) struct ExternalAgentWatch(Sender<AskedLook>);

impl ExternalAgentWatch {
    /// Starts the thread; it ends with the dispatcher.
    pub(crate) fn start(home: PathBuf, inputs: Inputs) -> std::io::Result<Self> {
        let (sender, looks) = channel();
        std::thread::Builder::new().name("observer".to_owned()).spawn(move || watch(&home, &inputs, &looks))?;
        Ok(Self(sender))
    }

    /// Has the thread look once; what was found comes as an input, and `then` after it. Returns `then` when the thread
    /// is gone.
    pub(crate) fn look(&self, wanted: Wanted, then: Option<Input>) -> Option<Input> {
        let lost = self.0.send(AskedLook { wanted, then: then.map(Box::new) }).err()?;
        tracing::error!("nobody looks any more for what agents tell of themselves");
        lost.0.then.map(|then| *then)
    }
}

fn watch(home: &Path, inputs: &Inputs, looks: &Receiver<AskedLook>) {
    let (mut by_hand, mut transcripts, mut before) =
        (ExternalProcesses::default(), Transcripts::default(), BTreeMap::new());
    let mut places = KnownPlaces::default();
    for AskedLook { wanted: Wanted { repositories, working }, then } in looks {
        let mut inputs_sent = true;
        for one in working {
            let key = (one.run.clone(), one.attempt.clone());
            let process = || Process::of_run(one.pid, one.run.as_str(), &VARIABLES);
            let seen = if one.agent.traces == Traces::Gemini {
                chats(&one, &mut transcripts)
            } else if let Some(process) = process() {
                told(one.agent, &process, &mut transcripts)
            } else {
                let seen = before.get(&key).map(|(_, seen)| transcripts.again(seen, one.agent.traces));
                seen.unwrap_or_default()
            };
            let Working { run, attempt, last, .. } = one;
            // When it lives no more its files are all there is, so they are remembered.
            if !seen.transcripts.is_empty() {
                before.insert(key, (Instant::now(), seen.clone()));
            }
            inputs_sent &= inputs.send(Input::Told { run, attempt, seen: Box::new(seen), last }).is_ok();
        }
        let is_agent = |words: &[String]| traces::by_command_line(words).is_some();
        let processes = if repositories.is_empty() { Vec::new() } else { by_hand.look(home, &VARIABLES, is_agent) };
        let found: Vec<ExternalAgent> =
            processes.iter().filter_map(|process| one(process, &repositories, &mut places, &mut transcripts)).collect();
        transcripts.forget_old();
        before.retain(|_, (at, _): &mut (Instant, Seen)| at.elapsed() < ATTEMPT_KEPT);
        inputs_sent &= repositories.is_empty() || inputs.send(Input::Observed { found, repositories }).is_ok();
        inputs_sent &= inputs.send(Input::LookDone).is_ok();
        inputs_sent &= then.is_none_or(|then| inputs.send(*then).is_ok());
        if !inputs_sent {
            return;
        }
    }
}

/// The worktrees that folders lie in, remembered for a while: asking a repository costs more than all the rest of a
/// look.
#[derive(Default)]
struct KnownPlaces(BTreeMap<PathBuf, (Instant, Option<(String, Worktree)>)>);

impl KnownPlaces {
    /// Returns the main worktree of the repository that a folder lies in, and the worktree.
    fn of(&mut self, folder: &Path) -> Option<(String, Worktree)> {
        if let Some((_, place)) = self.0.get(folder).filter(|(at, _)| at.elapsed() < PLACE_LASTS) {
            return place.clone();
        }
        let place = place(folder);
        self.0.retain(|_, (at, _)| at.elapsed() < PLACE_LASTS);
        self.0.insert(folder.to_owned(), (Instant::now(), place.clone()));
        place
    }
}

fn place(folder: &Path) -> Option<(String, Worktree)> {
    let repo = Repository::find(folder).ok()?;
    let listed = repo.worktrees().ok()?.into_iter();
    let around = listed.filter(|worktree| folder.starts_with(&worktree.path));
    let nearest = around.max_by_key(|worktree| worktree.path.components().count())?;
    Some((repo.main().to_string_lossy().into_owned(), nearest))
}

fn one(
    process: &Process,
    repositories: &BTreeSet<String>,
    places: &mut KnownPlaces,
    transcripts: &mut Transcripts,
) -> Option<ExternalAgent> {
    let known = traces::by_command_line(&process.words)?;
    let folder = process.folder()?;
    let (repo, worktree) = places.of(&folder).filter(|(repo, _)| repositories.contains(repo))?;
    let seen = told(known, process, transcripts);
    let told = &seen.told;
    let root = process.identity.clone();
    let at = |ms| Some(Timestamp::from_millis(ms));
    let agent = ObservedAgent {
        id: id(&root),
        pid: root.pid,
        agent: known.name.to_owned(),
        model: told.model.clone(),
        repo,
        worktree: worktree.path.to_string_lossy().into_owned(),
        branch: worktree.branch.clone(),
        terminal: terminal(process),
        inside: worktree.run().map(str::to_owned),
        doing: doing(known, &seen),
        started_at: process.started_ms().and_then(at),
        last_at: told.last_at.max(told.since),
        tokens: told.tokens(),
        stopped: process.stopped(),
        cpu: None,
        rss_bytes: None,
    };
    let facts = facts(process, &folder, &agent, &seen);
    Some(ExternalAgent { agent, root, facts })
}

fn told(agent: &Agent, process: &Process, transcripts: &mut Transcripts) -> Seen {
    match agent.traces {
        Traces::None | Traces::Gemini => Seen::default(),
        Traces::Codex => {
            // Whatever else it holds open is no thread of its own.
            let own = process.variable("CODEX_HOME").map(PathBuf::from);
            let own = own.or_else(|| Some(Path::new(process.variable("HOME")?).join(".codex")));
            let threads = own.map(|own| own.join("sessions")).and_then(|path| path.canonicalize().ok());
            let files = process.open_files("jsonl").into_iter();
            let files: Vec<_> =
                files.filter(|file| threads.as_ref().is_some_and(|own| file.starts_with(own))).collect();
            transcripts.codex(&files)
        }
        Traces::Claude => {
            let own = process.variable("CLAUDE_CONFIG_DIR").map(PathBuf::from);
            let config = own.or_else(|| Some(Path::new(process.variable("HOME")?).join(".claude")));
            config.map(|config| transcripts.claude(&config, &process.tree())).unwrap_or_default()
        }
    }
}

/// Reads what Gemini CLI keeps of the chats in a run's worktree, in the home folder that the attempt was started with.
fn chats(working: &Working, transcripts: &mut Transcripts) -> Seen {
    let Ok(Some(start)) = supervisor::start_record(&working.folder) else { return Seen::default() };
    let set =
        |name: &str| start.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| PathBuf::from(value));
    let home = ["GEMINI_CLI_HOME", "HOME"]
        .into_iter()
        .find_map(|name| set(name).or_else(|| Some(std::env::var_os(name)?.into())));
    home.map(|home| transcripts.gemini(&home.join(".gemini"), &start.cwd)).unwrap_or_default()
}

/// Returns what an external agent does, or why that is not known.
fn doing(agent: &Agent, seen: &Seen) -> Result<Doing, String> {
    match &seen.told.doing {
        Some(Doing::Waiting(_)) => Ok(Doing::Waiting(seen.told.waits_for())),
        Some(doing) => Ok(doing.clone()),
        None if seen.told.in_turn => Err("it works or asks; its rollout file does not tell which".to_owned()),
        None if seen.says.is_some() => Err("its session file says nothing of what it does".to_owned()),
        None if agent.traces == Traces::Claude => Err("it has no session file".to_owned()),
        None => Err(format!("{} tells nobody what it does", agent.name)),
    }
}

/// Returns the pane of tmux, or the terminal, in which a person finds a process.
fn terminal(process: &Process) -> Option<String> {
    let pane = process.variable("TMUX_PANE").filter(|_| process.variable("TMUX").is_some());
    // The pane is inherited by whatever was started in it, also without a terminal.
    let terminal = process.terminal()?;
    Some(match pane {
        Some(pane) => format!("tmux {} ({terminal})", domain::text::line(&pane.to_string_lossy())),
        None => terminal,
    })
}

/// Makes the id of an external agent: the same for as long as its process lives, also with another daemon.
fn id(root: &Identity) -> RunId {
    let mut hasher = DefaultHasher::new();
    (&root.boot_id, &root.pid_namespace, root.pid, root.start_time).hash(&mut hasher);
    let bytes = hasher.finish().to_le_bytes();
    RunId::from_random([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]])
}

fn processes(n: u32) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}

fn facts(process: &Process, folder: &Path, agent: &ObservedAgent, seen: &Seen) -> Vec<Fact> {
    let (row, told) = (protocol::observed(agent), &seen.told);
    let mut facts = Vec::new();
    let mut say = |about: &str, says: String, source: String, at: Option<Timestamp>| {
        facts.push(Fact { about: about.to_owned(), says, source, at: at.or_else(|| Some(now())) });
    };
    let status = format!("{} {}", row.status, row.reason.unwrap_or_default());
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let source = seen.says.as_deref().map_or_else(|| "/proc; nothing else tells it".to_owned(), path);
    say("status", status.trim().to_owned(), source, told.since);
    let started = agent.started_at.map_or_else(String::new, |at| format!(", started {at}"));
    // Its other words may hold a key.
    let program = process.words.first().map_or("", String::as_str);
    say("process", format!("{}: {program}{started}", agent.pid), format!("/proc/{}", agent.pid), None);
    let (still, of) = agent.stopped;
    say("tree", format!("{}, {still} of them stand still", processes(of)), "/proc".to_owned(), None);
    say("folder", path(folder), format!("/proc/{}/cwd", agent.pid), None);
    let branch = agent.branch.as_deref().unwrap_or("no branch");
    let inside = agent.inside.as_ref().map_or_else(String::new, |run| format!(", made for run {run}"));
    say("worktree", format!("{} on {branch}{inside}", agent.worktree), "git".to_owned(), None);
    if let Some(session) = &told.session {
        say("session", session.clone(), seen.says.as_deref().map_or_else(String::new, path), told.since);
    }
    let files: Vec<String> = seen.transcripts.iter().map(|file| path(file)).collect();
    let tokens = agent.tokens.map(|tokens| format!("{} in the open session, as the agent has them", tokens.total()));
    let source = if files.is_empty() { "no transcript names this process".to_owned() } else { files.join(", ") };
    say("tokens", tokens.unwrap_or_else(|| "unknown".to_owned()), source, told.last_at);
    facts
}
