//! Looking for agents that a person started by hand in the worktrees of known repositories, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use agents::Agent;
use agents::observed::{self, Traces};
use domain::attempt::AttemptKey;
use domain::{RunId, Timestamp};
use protocol::{Doing, Fact, ObservedAgent};
use supervisor::{ByHand, Identity, Process};
use transcripts::{Seen, Transcripts};
use worktrees::{Repository, Worktree};

use crate::dispatcher::now;
use crate::input::{Input, Inputs};

/// The variables of an agent's environment that say where it keeps what, and where it is shown.
const VARIABLES: [&str; 4] = ["HOME", "CLAUDE_CONFIG_DIR", "TMUX", "TMUX_PANE"];

/// An agent that was found, with what pause and terminate are for.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) agent: ObservedAgent,
    pub(crate) root: Identity,
    /// What `explain` says of it.
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
    /// When the run was asked for.
    pub(crate) since: Timestamp,
}

/// What is to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Main worktrees; in theirs agents that were started by hand are looked for.
    pub(crate) repositories: BTreeSet<String>,
    pub(crate) working: Vec<Working>,
}

struct Look {
    wanted: Wanted,
    then: Option<Box<Input>>,
}

/// The dispatcher's end of the thread.
pub(crate) struct Observer(Sender<Look>);

impl Observer {
    /// Starts the thread; it ends with the dispatcher.
    pub(crate) fn start(home: PathBuf, inputs: Inputs) -> std::io::Result<Self> {
        let (sender, looks) = channel();
        std::thread::Builder::new().name("observer".to_owned()).spawn(move || watch(&home, &inputs, &looks))?;
        Ok(Self(sender))
    }

    /// Has it looked once; what was found comes as an input, and `then` after it.
    pub(crate) fn look(&self, wanted: Wanted, then: Option<Input>) {
        // The thread ends only with the dispatcher.
        let _ended = self.0.send(Look { wanted, then: then.map(Box::new) });
    }
}

fn watch(home: &Path, inputs: &Inputs, looks: &Receiver<Look>) {
    let (mut by_hand, mut transcripts, mut before) = (ByHand::default(), Transcripts::default(), BTreeMap::new());
    for Look { wanted: Wanted { repositories, working }, then } in looks {
        let mut inputs_sent = true;
        for one in working {
            let key = (one.run.clone(), one.attempt.clone());
            let process = Process::of_run(one.pid, one.run.as_str(), &VARIABLES);
            let seen = match (&process, before.get(&key)) {
                _ if one.agent.traces == Traces::Gemini => chats(&one, &mut transcripts),
                (Some(process), _) => told(one.agent, process, &mut transcripts),
                (None, Some(seen)) => transcripts.again(seen, one.agent.traces),
                (None, None) => continue,
            };
            let Working { run, attempt, .. } = one;
            // What has ended tells nothing more after this.
            if seen.says.is_some() {
                before.insert(key, seen.clone())
            } else {
                before.remove(&key)
            };
            inputs_sent &= inputs.send(Input::Told { run, attempt, seen: Box::new(seen) }).is_ok();
        }
        let mut places = Places { wanted: &repositories, listed: BTreeMap::new() };
        let is_agent = |words: &[String]| observed::by_command_line(words).is_some();
        let processes = if repositories.is_empty() { Vec::new() } else { by_hand.look(home, &VARIABLES, is_agent) };
        let found: Vec<Found> =
            processes.iter().filter_map(|process| one(process, &mut places, &mut transcripts)).collect();
        transcripts.forget_others();
        inputs_sent &= repositories.is_empty() || inputs.send(Input::Observed { found, repositories }).is_ok();
        inputs_sent &= then.is_none_or(|then| inputs.send(*then).is_ok());
        if !inputs_sent {
            return;
        }
    }
}

/// The worktrees of repositories, listed once for one look.
struct Places<'a> {
    wanted: &'a BTreeSet<String>,
    listed: BTreeMap<String, Vec<Worktree>>,
}

impl Places<'_> {
    /// The main worktree and the worktree that a folder lies in, of a wanted repository.
    fn of(&mut self, folder: &Path) -> Option<(String, Worktree)> {
        let repo = Repository::find(folder).ok()?;
        let main = repo.main().to_string_lossy().into_owned();
        if !self.wanted.contains(&main) {
            return None;
        }
        let listed = self.listed.entry(main.clone()).or_insert_with(|| repo.worktrees().unwrap_or_default());
        let around = listed.iter().filter(|worktree| folder.starts_with(&worktree.path));
        let nearest = around.max_by_key(|worktree| worktree.path.components().count())?;
        Some((main, nearest.clone()))
    }
}

fn one(process: &Process, places: &mut Places<'_>, transcripts: &mut Transcripts) -> Option<Found> {
    let known = observed::by_command_line(process.words())?;
    let (repo, worktree) = places.of(&process.folder)?;
    let seen = told(known, process, transcripts);
    let told = &seen.told;
    let root = process.identity().clone();
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
        stopped: process.stopped,
        cpu: None,
        rss_bytes: None,
    };
    let facts = facts(process, &agent, &seen);
    Some(Found { agent, root, facts })
}

fn told(agent: &Agent, process: &Process, transcripts: &mut Transcripts) -> Seen {
    match agent.traces {
        Traces::None | Traces::Gemini => Seen::default(),
        Traces::Codex => transcripts.codex(&process.open_files("jsonl")),
        Traces::Claude => {
            let own = process.variable("CLAUDE_CONFIG_DIR").map(PathBuf::from);
            let config = own.or_else(|| Some(Path::new(process.variable("HOME")?).join(".claude")));
            config.map(|config| transcripts.claude(&config, &process.tree())).unwrap_or_default()
        }
    }
}

/// What Gemini CLI keeps of the chats in a run's worktree, in the folder that the attempt was started with.
fn chats(working: &Working, transcripts: &mut Transcripts) -> Seen {
    let Ok(Some(start)) = supervisor::start_record(&working.folder) else { return Seen::default() };
    let set =
        |name: &str| start.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| PathBuf::from(value));
    let home = ["GEMINI_CLI_HOME", "HOME"]
        .into_iter()
        .find_map(|name| set(name).or_else(|| Some(std::env::var_os(name)?.into())));
    home.map(|home| transcripts.gemini(&home.join(".gemini"), &start.cwd, working.since)).unwrap_or_default()
}

fn doing(agent: &Agent, seen: &Seen) -> Doing {
    match &seen.told.doing {
        Some(observed::Doing::Working) => Doing::Working,
        Some(observed::Doing::Waiting(_)) => Doing::Waiting(seen.told.waits_for()),
        Some(observed::Doing::Idle) => Doing::Idle,
        None if seen.told.in_turn => {
            Doing::Unknown("it works or asks; its rollout file does not tell which".to_owned())
        }
        None if seen.says.is_some() => Doing::Unknown("its session file says nothing of what it does".to_owned()),
        None if agent.traces == Traces::Claude => Doing::Unknown("it has no session file".to_owned()),
        None => Doing::Unknown(format!("{} tells nobody what it does", agent.name)),
    }
}

/// The pane of tmux, or the terminal, in which a person finds it.
fn terminal(process: &Process) -> Option<String> {
    let pane = process.variable("TMUX_PANE").filter(|_| process.variable("TMUX").is_some());
    // The pane is inherited by whatever was started in it, also without a terminal.
    let terminal = process.terminal.as_ref()?;
    Some(match pane {
        Some(pane) => format!("tmux {} ({terminal})", domain::text::line(&pane.to_string_lossy())),
        None => terminal.clone(),
    })
}

/// The same for as long as the process lives, also with another daemon.
fn id(root: &Identity) -> RunId {
    let mut hasher = DefaultHasher::new();
    (&root.boot_id, &root.pid_namespace, root.pid, root.start_time).hash(&mut hasher);
    let bytes = hasher.finish().to_le_bytes();
    RunId::from_random([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]])
}

fn processes(n: u32) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}

fn facts(process: &Process, agent: &ObservedAgent, seen: &Seen) -> Vec<Fact> {
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
    let program = process.words().first().map_or("", String::as_str);
    say("process", format!("{}: {program}{started}", agent.pid), format!("/proc/{}", agent.pid), None);
    let (still, of) = agent.stopped;
    say("tree", format!("{}, {still} of them stand still", processes(of)), "/proc".to_owned(), None);
    say("folder", path(&process.folder), format!("/proc/{}/cwd", agent.pid), None);
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
