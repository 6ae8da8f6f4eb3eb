//! The cockpit's end of the connection: effects become requests, frames become actions.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use client::{ClientError, Connection, Outgoing, Places};
use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Command;
use domain::event::Review;
use protocol::{Acted, Code, DiffReply, FromDaemon, OutputFile, OutputRange, Reply, Request, Scope};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::model::TuiError;
use crate::screens::diff;

/// Bytes of output asked for at once.
const PIECE: u64 = 128 << 10;
/// Bytes of a check's output that are shown, the last ones.
const CHECK_END: u64 = 16 << 10;
/// Calls of models asked for at once, the last ones.
const CALLS: u64 = 500;
/// Frames that may wait to be drawn; a daemon with more of them waits.
const WAITING: usize = 64;

pub(super) struct DaemonWire {
    outgoing: Outgoing,
    /// The daemon's frames, read beside the loop that keys go through: a hundred rows at once take a while.
    frames: mpsc::Receiver<FromDaemon>,
    _beside: Beside,
    scope: Scope,
    asked: HashMap<u64, InFlight>,
    /// Actions that were worked out on other threads.
    worked: mpsc::UnboundedReceiver<Action>,
    workers: mpsc::UnboundedSender<Action>,
    /// The number of the diff that is wanted; work for an earlier one stops.
    wanted: Arc<AtomicU64>,
    /// Actions that came with one frame and have not been handed out.
    waiting: VecDeque<Action>,
}

enum InFlight {
    Look(RunId),
    Output(RunId, u64),
    Diff(RunId),
    CheckOutput(RunId, AttemptKey),
    Calls(RunId),
    Spend,
    Run,
    Choices,
    Removable(Vec<RunId>),
    /// How many runs, and the word for what is done with them.
    Act(usize, Option<&'static str>),
    Attach(RunId),
    Nothing,
}

impl DaemonWire {
    /// Connects and watches the scope; returns all its rows as the first action.
    pub(super) async fn open(places: &Places, scope: &Scope) -> Result<(Self, Action), TuiError> {
        let beside = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let beside = Beside(Some(beside?));
        let (places, watched) = (places.clone(), scope.clone());
        let connected = beside.spawn(async move {
            let mut connection: Connection = client::connect(&places).await?;
            let Reply::Rows(rows) = connection.ask(Request::Watch(watched)).await? else {
                return Err(ClientError::Unexpected);
            };
            Ok((connection, rows))
        });
        let (connection, rows) = connected.await.map_err(|_| ClientError::Gone)??;
        let (outgoing, mut incoming) = connection.split();
        let (sender, frames) = mpsc::channel(WAITING);
        beside.spawn(async move {
            while let Some(frame) = incoming.next().await {
                if sender.send(frame).await.is_err() {
                    return;
                }
            }
        });
        let (workers, worked) = mpsc::unbounded_channel();
        let wire = Self {
            outgoing,
            frames,
            _beside: beside,
            scope: scope.clone(),
            asked: HashMap::new(),
            worked,
            workers,
            wanted: Arc::default(),
            waiting: VecDeque::new(),
        };
        Ok((wire, Action::AllRows(rows)))
    }

    /// Sends what the cockpit wants; returns an effect that is none of the daemon's. A daemon that is gone shows
    /// as the end of its frames.
    pub(super) async fn perform(&mut self, effect: CockpitEffect) -> Option<CockpitEffect> {
        let scope = self.scope.clone();
        let texts = |runs: &[RunId]| runs.iter().map(RunId::to_string).collect::<Vec<_>>();
        let (request, asked) = match effect {
            CockpitEffect::Look { run, last } => {
                let asked = run.clone().map_or(InFlight::Nothing, InFlight::Look);
                (Request::Look { run, last }, asked)
            }
            CockpitEffect::Output { run, number, attempt, file, piece } => {
                (Request::Output { run: run.clone(), attempt, file, piece, len: PIECE }, InFlight::Output(run, number))
            }
            CockpitEffect::Diff { run } => {
                (Request::Diff { run: run.to_string(), scope, since: None, patch: false }, InFlight::Diff(run))
            }
            CockpitEffect::CheckOutput { run, check } => {
                let (file, piece) = (OutputFile::Stdout, OutputRange::Before(u64::MAX));
                let attempt = Some(check.clone());
                let asked = InFlight::CheckOutput(run.clone(), check);
                (Request::Output { run, attempt, file, piece, len: CHECK_END }, asked)
            }
            CockpitEffect::Calls { run } => {
                (Request::Calls { run: run.to_string(), scope, last: CALLS }, InFlight::Calls(run))
            }
            CockpitEffect::Spend => (Request::Spend(Scope::All), InFlight::Spend),
            CockpitEffect::Run(request) => (Request::Run(Box::new(request)), InFlight::Run),
            CockpitEffect::Choices(folder) => (Request::Choices { folder }, InFlight::Choices),
            CockpitEffect::Removable(runs) => {
                (Request::Removable { runs: texts(&runs), scope }, InFlight::Removable(runs))
            }
            CockpitEffect::Act { runs, command, asked } => {
                let done = InFlight::Act(runs.len(), Some(done(&command)));
                (Request::Act { runs: texts(&runs), scope, command, by_hand_too: asked }, done)
            }
            CockpitEffect::Answer { run, question, answer } => {
                (Request::Answer { run: run.to_string(), scope, question, answer }, InFlight::Act(1, None))
            }
            CockpitEffect::Attach { run, columns, rows } => {
                (Request::Attach { run: run.clone(), columns, rows }, InFlight::Attach(run))
            }
            CockpitEffect::Type { run, data } => (Request::Type { run, data }, InFlight::Nothing),
            CockpitEffect::Resize { run, columns, rows } => (Request::Resize { run, columns, rows }, InFlight::Nothing),
            CockpitEffect::Detach(_) => (Request::Detach, InFlight::Nothing),
            own @ (CockpitEffect::Editor { .. }
            | CockpitEffect::EditText(_)
            | CockpitEffect::Copy(_)
            | CockpitEffect::Browse(_)
            | CockpitEffect::Notify { .. }
            | CockpitEffect::Tell(_)
            | CockpitEffect::Mouse(_)
            | CockpitEffect::Suspend
            | CockpitEffect::Redraw
            | CockpitEffect::Leave) => return Some(own),
        };
        if let Ok(id) = self.outgoing.ask(request).await {
            self.asked.insert(id, asked);
        }
        None
    }

    /// The next action; `None` when the daemon is gone.
    pub(super) async fn next(&mut self) -> Option<Action> {
        loop {
            if let Some(action) = self.waiting.pop_front() {
                return Some(action);
            }
            let frame = tokio::select! {
                frame = self.frames.recv() => frame?,
                Some(action) = self.worked.recv() => return Some(action),
            };
            let actions = match frame {
                FromDaemon::Rows { rows } => vec![Action::Rows(rows)],
                FromDaemon::Observed { rows } => vec![Action::Observed(rows)],
                FromDaemon::Events { run, lines } => vec![Action::Events { run, lines }],
                FromDaemon::Degraded { reason } => vec![Action::Degraded(reason)],
                FromDaemon::Disk { disk } => vec![Action::Disk(disk)],
                FromDaemon::Today { today } => vec![Action::Today(today)],
                FromDaemon::Base { base } => vec![Action::Base(base)],
                FromDaemon::Terminal { run, text, size, live } => vec![Action::Terminal { run, text, size, live }],
                FromDaemon::Detached { run, why } => vec![Action::Detached { run, why }],
                FromDaemon::Hello { .. } => Vec::new(),
                FromDaemon::Reply { id, reply } => self.replied(id, reply),
            };
            self.waiting.extend(actions);
        }
    }

    fn replied(&mut self, id: u64, reply: Reply) -> Vec<Action> {
        let Some(asked) = self.asked.remove(&id) else { return Vec::new() };
        match (asked, reply) {
            (InFlight::Look(run), Reply::Lines(lines)) => vec![Action::Events { run, lines }],
            (InFlight::Output(run, number), Reply::Output(output)) => vec![Action::Output { run, number, output }],
            // No output yet is nothing to say; it is asked for again when the run changes.
            (InFlight::Output(run, number), Reply::Refused(refused)) if refused.code == Code::NotFound => {
                let output =
                    protocol::Output { text: String::new(), from: 0, next: 0, len: 0, over: false, reads: None };
                vec![Action::Output { run, number, output }]
            }
            (InFlight::Output(_, number), Reply::Refused(refused)) => {
                vec![Action::NoOutput { number, why: refused.reason }]
            }
            (InFlight::Diff(run), Reply::Diff(reply)) => {
                self.work_out(run, reply);
                Vec::new()
            }
            (InFlight::Diff(run), Reply::Refused(refused)) => vec![Action::Diff { run, diff: Err(refused.reason) }],
            (InFlight::CheckOutput(run, check), reply) => {
                // One that has just begun has written nothing yet.
                let text = if let Reply::Output(output) = reply { output.text } else { String::new() };
                let text = proof::Rules::built_in().mask_text(&text);
                vec![Action::CheckOutput { run, check, text }]
            }
            (InFlight::Calls(run), Reply::Calls(calls)) => vec![Action::Calls { run, reply: Ok(calls) }],
            (InFlight::Calls(run), Reply::Refused(refused)) => vec![Action::Calls { run, reply: Err(refused.reason) }],
            (InFlight::Spend, Reply::Spend(spend)) => vec![Action::Spent(spend)],
            (InFlight::Run, Reply::Rows(rows)) => vec![Action::Started(rows)],
            (InFlight::Run, Reply::Mistake { field, refused }) => vec![Action::Mistake { field, why: refused.reason }],
            (InFlight::Run, Reply::Refused(refused)) => vec![Action::Refused(refused.reason)],
            (InFlight::Choices, Reply::Choices(mut choices)) => {
                for agent in &mut choices.agents {
                    agent.missing = agent.program.as_deref().is_some_and(|program| !client::has_program(program));
                }
                vec![Action::Choices(choices)]
            }
            (InFlight::Removable(runs), Reply::Removable(rows)) => vec![Action::Removable { runs, rows }],
            (InFlight::Removable(runs), Reply::Refused(refused)) => {
                vec![Action::NotRemovable { runs, why: refused.reason }]
            }
            (InFlight::Act(many, word), Reply::Acted(acted)) => said(many, word, &acted),
            (InFlight::Attach(run), Reply::Attached(terminal)) => {
                vec![Action::Attached { run, columns: terminal.columns, rows: terminal.rows }]
            }
            // One that was shown before is over.
            (InFlight::Attach(run), Reply::Refused(refused)) => {
                vec![Action::Detached { run, why: refused.reason.clone() }, Action::Notice(refused.reason)]
            }
            (_, Reply::Refused(refused)) => vec![Action::Notice(refused.reason)],
            _ => Vec::new(),
        }
    }

    /// Reads and colours a diff on another thread, unless another one is wanted before that is done.
    fn work_out(&mut self, run: RunId, mut reply: DiffReply) {
        let number = self.wanted.fetch_add(1, Ordering::Relaxed) + 1;
        let (wanted, send) = (Arc::clone(&self.wanted), self.workers.clone());
        tokio::task::spawn_blocking(move || {
            // What looks like a secret is on nobody's screen; `pilothouse diff` has the bytes.
            let masked = proof::Rules::built_in().mask(reply.text.as_bytes());
            reply.text = String::from_utf8(masked).unwrap_or_default();
            let difference = Arc::new(diff::parse(&reply));
            let shown = Action::Diff { run: run.clone(), diff: Ok(Arc::clone(&difference)) };
            let mut goes_on = send.send(shown).is_ok();
            for file in 0..difference.files.len() {
                if !goes_on || wanted.load(Ordering::Relaxed) != number {
                    return;
                }
                if let Some(colours) = diff::colours(&difference, file) {
                    let diff = Arc::clone(&difference);
                    goes_on = send.send(Action::Coloured { diff, colours }).is_ok();
                }
            }
        });
    }
}

/// Words what became of the runs that something was done with: what did not work, or what one should know.
fn said(many: usize, word: Option<&str>, acted: &[Acted]) -> Vec<Action> {
    let name = |one: &Acted| one.name.clone().unwrap_or_else(|| one.run.clone());
    let complaints: Vec<String> =
        acted.iter().filter_map(|one| Some(format!("{}: {}", name(one), one.reason.as_ref()?))).collect();
    let note = acted.iter().find_map(|one| Some(format!("{}: {}", name(one), one.note.as_ref()?)));
    let text = match (complaints.as_slice(), word) {
        ([], _) if many == 1 && note.is_some() => note.unwrap_or_default(),
        ([], None) => return Vec::new(),
        ([], Some(word)) if many == 1 => acted.first().map_or_else(String::new, |one| format!("{}: {word}", name(one))),
        ([], Some(word)) => format!("{many} runs: {word}"),
        ([one], _) if many == 1 => one.clone(),
        (some, _) => format!("{} of {many} could not be done: {}", some.len(), some.join("; ")),
    };
    vec![Action::Notice(text)]
}

/// Words what a command has done to a run.
fn done(command: &Command) -> &'static str {
    match command {
        Command::Pause => "paused",
        Command::Resume { .. } => "goes on",
        Command::Retry { .. } => "tried again",
        Command::Terminate { .. } => "terminated; worktree and branch are kept",
        Command::Rollback { .. } => "rolled back; what was there is a checkpoint of its own",
        Command::Reply { .. } => "answered; it goes on in its session",
        Command::Check { .. } => "its checks run",
        Command::Proof => "its proof pack is written",
        Command::Review { verdict: Review::Changes, .. } => "its agent is told what to change",
        Command::Review { .. } => "approved",
        Command::Comment { comment } if comment.text.is_empty() => "what was said of the line is taken back",
        Command::Comment { .. } => "kept; it goes to the agent when you ask for changes",
        Command::Pr { .. } => "its pull request is as you asked",
        Command::Gate => "the gate is open",
        Command::Merge { .. } => "merged into its base",
        Command::Dismiss => "out of sight; f and `ls --all` show it",
        Command::DropCheckpoints => "its checkpoints are gone",
        Command::Adopt { .. } => "taken over where its repository is now",
        Command::Rm => "its worktree is gone; u brings it back",
        Command::Restore => "its worktree is back",
    }
}

/// The thread that the connection lives on; dropping it closes the connection.
struct Beside(Option<Runtime>);

impl Beside {
    fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.as_ref().expect("it is taken away on drop alone").spawn(task)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // A runtime may not be waited for inside of another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
