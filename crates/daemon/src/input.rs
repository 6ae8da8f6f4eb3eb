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

/// A face's number, never used twice.
pub(crate) type FaceId = u64;

#[derive(Debug)]
pub(crate) enum Input {
    FaceOpened {
        face: FaceId,
        /// A person's, as far as can be known; else a process of a run has connected.
        is_person: bool,
        sender: tokio::sync::mpsc::Sender<FromDaemon>,
    },
    FaceClosed {
        face: FaceId,
    },
    /// The keys that are set where a face is; a person's face has sent them.
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
    /// A request can't be carried out, which was found before it came to the dispatcher.
    Refused {
        face: FaceId,
        id: u64,
        refused: Refused,
    },
    /// A folder was looked up for a request that names it.
    Scoped {
        face: FaceId,
        id: u64,
        request: Request,
        repo: Option<String>,
    },
    /// What a face asked for was looked up.
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
        /// Locks of a git that was killed, which were taken away before.
        released: Vec<String>,
    },
    KeeperGone {
        run: RunId,
        attempt: AttemptKey,
    },
    /// What lives of a run whose keeper is gone was looked for.
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
    /// It is time to look at a run's calls again.
    CallsDue {
        run: RunId,
    },
    /// No gateway serves any more.
    GatewayGone,
    /// The gateway did not take an order.
    GatewayDeaf,
    /// Something in a run's worktree changed, or it is time to look whether it did.
    Touched {
        run: RunId,
    },
    /// It may be time for a run to go on that waits for a limit to be lifted.
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
        /// Where they were looked for.
        repositories: BTreeSet<String>,
    },
    /// What the agent of a run that works in its own terminal tells of itself.
    Told {
        run: RunId,
        attempt: AttemptKey,
        seen: Box<Seen>,
        /// Nothing more will come.
        last: bool,
    },
    /// A look at what agents tell of themselves is done.
    LookDone,
    /// A request has waited long enough for a look.
    Waited {
        ticket: u64,
    },
    /// Something changed where agents say what they do.
    SessionsChanged,
    /// It is time for a look that had to wait.
    LookNow,
    /// It is time to look for them again.
    LookAround,
    /// Something was done with one of them.
    ActedOnTree {
        run: RunId,
        outcome: Outcome,
        note: Option<String>,
    },
    /// What became of it was looked at.
    TreeSeen {
        run: RunId,
    },
    /// A minute has passed in which a face watched.
    Sample,
    /// What the processes of runs have used so far.
    Sampled {
        loads: BTreeMap<RunId, Load>,
    },
    /// It may be time to compare the work of this repository's runs.
    CompareDue {
        repo: String,
    },
    /// It was compared.
    Swept(Box<crate::radar::Swept>),
    Stop,
}

/// What is not where a run has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GonePlace {
    /// Proven not to be there or anywhere else: where it should be.
    Worktree(String),
    /// What is known of that, with the next step.
    Repository(String),
}

/// What a keeper has left that is gone.
#[derive(Debug)]
pub(crate) struct Survived {
    pub(crate) living: Vec<Identity>,
    /// The machine was restarted since.
    pub(crate) rebooted: bool,
    /// Why something may live all the same that can't be told from what a person started.
    pub(crate) untold: Option<String>,
}

/// A run that something is to be done with, looked at just before.
#[derive(Debug)]
pub(crate) struct CountedRun {
    /// As typed.
    pub(crate) asked: String,
    pub(crate) run: RunId,
    /// How many processes of it live.
    pub(crate) alive: usize,
    /// Its worktree or its repository is not there.
    pub(crate) gone: Option<GonePlace>,
    /// Where it is since its repository was moved, where that is asked for.
    pub(crate) place: Option<Result<domain::decide::NewPlace, String>>,
    /// Its work as it is, where what is to be done goes by that; or why it can't be told.
    pub(crate) now: Option<Result<domain::event::WorkMeasured, String>>,
    /// A reviewer's comments whose lines were changed since.
    pub(crate) stale: Vec<domain::comment::Comment>,
    /// Why it can't be ended, where its keeper is gone and nothing that lives is proven to be its own.
    pub(crate) left: Option<String>,
}

impl CountedRun {
    /// Of a run that nothing had to be looked at for.
    pub(crate) fn unlooked(asked: String, run: RunId) -> Self {
        Self { asked, run, alive: 0, gone: None, place: None, now: None, stale: Vec::new(), left: None }
    }
}

pub(crate) type Inputs = mpsc::Sender<Input>;

pub(crate) fn channel() -> (Inputs, mpsc::Receiver<Input>) {
    mpsc::channel()
}
