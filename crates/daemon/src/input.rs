//! Everything that can happen to the dispatcher, as one closed list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Command;
use domain::decide::Facts;
use domain::effect::{EffectId, Outcome};
use domain::key_values::KeyValues;
use protocol::{FromDaemon, Refused, Reply, Request};
use supervisor::Identity;
use transcripts::Seen;

use crate::external_agents::ExternalAgent;
use crate::measure::{Load, Measured};
use crate::prepare::{Mistake, Prepared};

/// The number of a client's connection, never used twice.
pub(crate) type FaceId = u64;

#[derive(Debug)]
pub(crate) enum Input {
    FaceOpened {
        face: FaceId,
        /// Whether the client is a person's, as far as can be known; else a process of a run has connected, or one of
        /// unknown standing.
        is_person: bool,
        sender: tokio::sync::mpsc::Sender<FromDaemon>,
    },
    FaceClosed {
        face: FaceId,
    },
    /// The keys that are set where a client is; a person's client has sent them.
    KeysSent {
        face: FaceId,
        keys: KeyValues,
    },
    Asked {
        face: FaceId,
        id: u64,
        request: Request,
    },
    /// A request for a run whose repository was looked at.
    Prepared {
        face: FaceId,
        id: u64,
        prepared: Result<Box<Prepared>, Mistake>,
    },
    /// A request can't be carried out, since the repository of its folder was not found.
    Refused {
        face: FaceId,
        id: u64,
        refused: Refused,
    },
    /// The repository of the folder that a request names was looked up; `None` where there is none and RUN is an id.
    Scoped {
        face: FaceId,
        id: u64,
        request: Request,
        repo: Option<String>,
    },
    /// A reply to a client was found out off the dispatcher's thread.
    Answered {
        face: FaceId,
        id: u64,
        reply: Reply,
    },
    /// The living processes of runs that something is to be done with were counted.
    Counted {
        face: FaceId,
        id: u64,
        counted: Vec<CountedRun>,
        command: Command,
    },
    /// Something in an attempt's folder changed.
    Woken {
        run: RunId,
        attempt: AttemptKey,
    },
    EffectDone {
        run: RunId,
        id: EffectId,
        outcome: Outcome,
        facts: Facts,
        /// Locks that a killed git left, which were taken away before the effect.
        released: Vec<String>,
    },
    KeeperGone {
        run: RunId,
        attempt: AttemptKey,
    },
    /// The living processes of a run whose keeper is gone were looked for.
    Survived {
        run: RunId,
        attempt: AttemptKey,
        survived: Survived,
    },
    Measured {
        run: RunId,
        measured: Measured,
    },
    /// A repository that is watched was looked at.
    Based {
        base: protocol::Base,
    },
    /// The gateway wrote something down of a run.
    Called {
        run: RunId,
    },
    /// The wait is over after which a run's calls are looked at again.
    CallsDue {
        run: RunId,
    },
    /// No gateway serves any more.
    GatewayGone,
    /// The gateway did not take an order.
    GatewayDeaf,
    /// Something in a run's worktree changed, or a look whether it did is due.
    Touched {
        run: RunId,
    },
    /// A run that waits for a moment may go on by now: when a limit is lifted, its background work has rested, or its
    /// proof is tried again.
    GoOn {
        run: RunId,
    },
    /// Runs that could not be read are to be tried again.
    ReadAgain,
    /// Somebody may have waited long enough for what can't be written down.
    PendingDue,
    /// A mistake in the settings may have been mended.
    SettingsDue,
    /// There may be room by now for runs that wait for it.
    RoomAgain,
    /// Agents that were started by hand were looked for.
    Observed {
        found: Vec<ExternalAgent>,
        /// The repositories in which agents were looked for.
        repositories: BTreeSet<String>,
    },
    /// The files in which the agent of a run tells of itself were read.
    Told {
        run: RunId,
        attempt: AttemptKey,
        seen: Box<Seen>,
        /// Whether this is the last look at the attempt's files.
        last: bool,
    },
    /// A look at external agents and at what runs' agents tell of themselves is done.
    LookDone,
    /// A request has waited long enough for a look.
    Waited {
        ticket: u64,
    },
    /// Something changed where agents say what they do.
    SessionsChanged,
    /// The wait is over for a look that had to come later.
    LookNow,
    /// The next regular look for external agents, and at what runs' agents tell, is due.
    LookAround,
    /// Something was done with the processes of an external agent.
    ActedOnTree {
        run: RunId,
        outcome: Outcome,
        note: Option<String>,
    },
    /// A look has seen what became of the external agent.
    TreeSeen {
        run: RunId,
    },
    /// The next sample of figures is due, while clients watch.
    Sample,
    /// The usage of the processes of runs and external agents was sampled.
    Sampled {
        loads: BTreeMap<RunId, Load>,
    },
    /// The wait is over after which this repository's runs are compared.
    CompareDue {
        repo: String,
    },
    /// The work of a repository's runs was compared.
    Swept(Box<crate::radar::Swept>),
    Stop,
}

/// A place of a run that is not where the run has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GonePlace {
    /// The path of a worktree that is proven not to be there or anywhere else.
    Worktree(String),
    /// The reason why the repository is taken to be gone, with the next step.
    Repository(String),
}

/// Processes that a keeper has left that is gone.
#[derive(Debug)]
pub(crate) struct Survived {
    pub(crate) living: Vec<Identity>,
    /// Whether the machine was restarted since the keeper began.
    pub(crate) rebooted: bool,
    /// The reason why something may live all the same that can't be told from what a person started.
    pub(crate) untold: Option<String>,
}

/// A run that something is to be done with, looked at just before.
#[derive(Debug)]
pub(crate) struct CountedRun {
    /// The name or id of the run as it was typed.
    pub(crate) asked: String,
    pub(crate) run: RunId,
    /// Number of processes of the run that live.
    pub(crate) alive: usize,
    /// The place of the run that is not there: its worktree or its repository.
    pub(crate) gone: Option<GonePlace>,
    /// The run's new place since its repository was moved, where that is asked for.
    pub(crate) place: Option<Result<domain::decide::NewPlace, String>>,
    /// The run's work as it is, where the command goes by that; or why it can't be told.
    pub(crate) now: Option<Result<domain::event::WorkMeasured, String>>,
    /// A reviewer's comments whose lines were changed since.
    pub(crate) stale: Vec<domain::comment::Comment>,
    /// The reason why the run can't be ended, where its keeper is gone and nothing that lives is proven to be its own.
    pub(crate) left: Option<String>,
}

impl CountedRun {
    /// Returns a run that nothing had to be looked at for.
    pub(crate) fn unlooked(asked: String, run: RunId) -> Self {
        Self { asked, run, alive: 0, gone: None, place: None, now: None, stale: Vec::new(), left: None }
    }
}

pub(crate) type Inputs = mpsc::Sender<Input>;

pub(crate) fn channel() -> (Inputs, mpsc::Receiver<Input>) {
    mpsc::channel()
}
