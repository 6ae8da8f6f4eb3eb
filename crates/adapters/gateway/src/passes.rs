//! The passes that a daemon has given out: it has them in memory, tells the gateway of each change, and keeps a copy on disk
//! for when both are gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::attempt::AttemptKey;
use domain::key_values::KeyValues;

use crate::control::{self, GatewayStatus, Order};
use crate::error::GatewayError;
use crate::kept;
use crate::keys::{Given, KeySource};
use crate::pass::{ByName, Pass, Route, name_of, new_token};

/// The passes of a state folder.
#[derive(Debug, Clone)]
pub struct Passes {
    home: PathBuf,
    keys: Arc<Mutex<Given>>,
    held: Arc<Mutex<ByName>>,
    /// When the gateway did not take an order: nobody waits for it again until it is replaced.
    deaf: Arc<Mutex<Option<Instant>>>,
}

/// How soon a gateway that does not answer a new daemon is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// After so long it is spoken with again, whether or not anybody has replaced it.
const DEAF: Duration = Duration::from_secs(30);

/// What a new daemon knows of what an earlier one gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenOver {
    /// All of it.
    Whole,
    /// What the copies say: a gateway serves and does not answer. It may let others through, so it is to be ended.
    Deaf,
}

impl Passes {
    /// None yet; `keys` seal what is kept of them.
    pub fn new(home: &Path, keys: &Given) -> Self {
        Self {
            home: home.to_owned(),
            keys: Arc::new(Mutex::new(keys.clone())),
            held: Arc::default(),
            deaf: Arc::default(),
        }
    }

    /// One order at a time goes to the gateway, in the order of the changes here.
    fn held(&self) -> MutexGuard<'_, ByName> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what an earlier daemon gave out: from the gateway where one serves, else what was kept and is sealed with
    /// the same keys. One that does not answer is asked again for so long; until one has, or none serves, no copy is removed.
    ///
    /// # Errors
    /// When there can be no folder for them.
    pub fn take_over(&self, bound: &[Route], patience: Duration) -> Result<TakenOver, GatewayError> {
        let mut held = self.held();
        kept::make(&self.home)?;
        let until = Instant::now() + patience;
        let told = loop {
            match control::give(&self.home, &Order::Tell) {
                Err(error) if Instant::now() < until => {
                    tracing::warn!(%error, "the gateway is asked again");
                    std::thread::sleep(ASK_AGAIN);
                }
                told => break told,
            }
        };
        let (passes, taken) = match told {
            Ok(Some(told)) => (told.passes, TakenOver::Whole),
            Ok(None) => (self.copies(bound), TakenOver::Whole),
            Err(error) => {
                tracing::error!(%error, "the gateway does not answer, so its passes are taken from their copies");
                (self.copies(bound), TakenOver::Deaf)
            }
        };
        *held = passes;
        if taken == TakenOver::Whole {
            kept::remove_others(&self.home, &held);
        }
        Ok(taken)
    }

    /// The copies that were sealed with the same keys.
    fn copies(&self, bound: &[Route]) -> ByName {
        let mut keys = self.keys();
        let kept = kept::read(&self.home, &keys, bound);
        for pass in kept.values() {
            keys.prove(pass);
        }
        kept
    }

    fn keys(&self) -> MutexGuard<'_, Given> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the keys that are known here, for a gateway that is started.
    pub fn given(&self) -> Given {
        self.keys().clone()
    }

    /// Whether the value of this variable is known here.
    pub fn has_key(&self, source: &KeySource) -> bool {
        self.keys().value(source).is_some()
    }

    /// Takes up the keys' variables of whoever asked for a run.
    pub fn take_keys(&self, run: &str, values: KeyValues) {
        self.keys().take_up([(run.to_owned(), values)].into());
    }

    /// Tells the gateway the keys' variables of one run, as they are known here.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn tell_keys(&self, run: &str) -> Result<(), GatewayError> {
        let Some(values) = self.keys().of_runs.get(run).cloned() else { return Ok(()) };
        control::give(&self.home, &Order::Keys([(run.to_owned(), values)].into())).map(drop)
    }

    /// All of them, for a gateway that is started.
    pub fn all(&self) -> ByName {
        self.held().clone()
    }

    /// What the gateway says of itself; `None` where none serves.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn ask_gateway(&self) -> Result<Option<GatewayStatus>, GatewayError> {
        control::give(&self.home, &Order::Tell)
    }

    /// Has the gateway go by all that is known here; whatever it was told before.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn tell_all(&self) -> Result<(), GatewayError> {
        let held = self.held();
        let told = control::give(&self.home, &Order::Replace(held.clone())).map(drop);
        *self.deaf() = told.is_err().then(Instant::now);
        told
    }

    fn deaf(&self) -> MutexGuard<'_, Option<Instant>> {
        self.deaf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, changed: BTreeMap<String, Option<Pass>>) -> Result<(), GatewayError> {
        if changed.is_empty() {
            return Ok(());
        }
        if self.deaf().is_some_and(|since| since.elapsed() < DEAF) {
            return Err(GatewayError::Deaf);
        }
        let told = control::give(&self.home, &Order::Set(changed)).map(drop);
        *self.deaf() = told.is_err().then(Instant::now);
        told
    }

    /// Gives an attempt a pass, and gives its token. The run's other passes, and an earlier one of this attempt, are taken
    /// back.
    ///
    /// # Errors
    /// When it can't be kept. A gateway that can't be spoken with is told of it once it can be.
    pub fn give(&self, pass: &Pass) -> Result<String, GatewayError> {
        let token = new_token(&pass.run).map_err(GatewayError::io("make a token in", &self.home))?;
        let name = name_of(&token);
        let mut held = self.held();
        let mut changed: BTreeMap<_, _> =
            names(&held, |known| known.run == pass.run).map(|name| (name, None)).collect();
        for before in changed.keys() {
            held.remove(before);
            kept::remove(&self.home, before)?;
        }
        kept::write(&self.home, &self.keys(), &name, pass)?;
        held.insert(name.clone(), pass.clone());
        changed.insert(name, Some(pass.clone()));
        if let Err(error) = self.tell(changed) {
            tracing::warn!(%error, "a new pass is told of later");
        }
        Ok(token)
    }

    /// The pass of this token; `None` when there is none, or none any more.
    pub fn find(&self, token: &str) -> Option<Pass> {
        self.held().get(&name_of(token)).cloned()
    }

    /// Changes a run's passes.
    ///
    /// # Errors
    /// When the gateway can't be told.
    pub fn change(&self, run: &str, change: impl Fn(&mut Pass)) -> Result<(), GatewayError> {
        let mut held = self.held();
        let of_run = held.iter_mut().filter(|(_, pass)| pass.run == run);
        let changed = of_run.filter_map(|(name, pass)| {
            let before = pass.clone();
            change(pass);
            (before != *pass).then(|| (name.clone(), Some(pass.clone())))
        });
        let changed = changed.collect();
        self.tell(changed)
    }

    /// Takes a run's passes back; from then on nothing is forwarded for it.
    ///
    /// # Errors
    /// When the gateway can't be told.
    pub fn take_back(&self, run: &str) -> Result<(), GatewayError> {
        self.take_back_where(|pass| pass.run == run)
    }

    /// Takes back the pass of one attempt; the next attempt's stays what it is.
    ///
    /// # Errors
    /// When the gateway can't be told.
    pub fn take_back_of(&self, run: &str, attempt: &AttemptKey) -> Result<(), GatewayError> {
        self.take_back_where(|pass| pass.run == run && pass.attempt == *attempt)
    }

    /// Takes back the passes of every attempt that is not `live`.
    ///
    /// # Errors
    /// When the gateway can't be told.
    pub fn sweep(&self, live: impl Fn(&str, &AttemptKey) -> bool) -> Result<(), GatewayError> {
        self.take_back_where(|pass| !live(&pass.run, &pass.attempt))
    }

    fn take_back_where(&self, takes: impl Fn(&Pass) -> bool) -> Result<(), GatewayError> {
        let mut held = self.held();
        let taken: Vec<String> = names(&held, takes).collect();
        for name in &taken {
            held.remove(name);
            // One that is left there lets nobody through while this daemon or the gateway lives.
            if let Err(error) = kept::remove(&self.home, name) {
                tracing::warn!(%error, "a pass that was taken back");
            }
        }
        self.tell(taken.into_iter().map(|name| (name, None)).collect())
    }

    /// Whether anybody has one.
    pub fn is_any(&self) -> bool {
        !self.held().is_empty()
    }
}

fn names(held: &ByName, of: impl Fn(&Pass) -> bool) -> impl Iterator<Item = String> {
    held.iter().filter(|(_, pass)| of(pass)).map(|(name, _)| name.clone()).collect::<Vec<_>>().into_iter()
}
