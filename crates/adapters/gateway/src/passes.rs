//! The passes that a daemon has given out: it has them in memory and keeps a copy on disk for when it and the gateway are gone.
//! A change counts here at once; the gateway is told of it by a thread of its own, so that nobody waits for a gateway.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use domain::attempt::AttemptKey;
use domain::key_values::KeyValues;

use crate::control::{self, GatewayStatus, Order};
use crate::error::GatewayError;
use crate::kept;
use crate::keys::{GivenKeys, KeySource};
use crate::pass::{ByName, Pass, Route, name_of, new_token};
use crate::pass_book::{HeldPasses, PassBook};

/// The passes of a state folder.
#[derive(Debug, Clone)]
pub struct Passes {
    book: Arc<PassBook>,
    /// Wakes the thread that tells the gateway; without one nobody is told until somebody does it.
    wake: Arc<OnceLock<Sender<()>>>,
}

/// How soon a gateway that does not answer a new daemon is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How much a new daemon knows of the passes that an earlier one gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenOver {
    /// All passes.
    Whole,
    /// The passes that the copies hold: a gateway serves and does not answer. It may let others through, so it is to be
    /// ended.
    Deaf,
}

impl Passes {
    /// Returns a book without passes; `keys` seal the copies.
    pub fn new(home: &Path, keys: &GivenKeys) -> Self {
        Self { book: Arc::new(PassBook::new(home, keys)), wake: Arc::default() }
    }

    /// Has the gateway told of each change from now on, by a thread that ends with the last of these passes. `failed` hears
    /// why it could not be.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn tell_of_changes(&self, failed: impl Fn(GatewayError) + Send + 'static) -> io::Result<()> {
        let (wake, woken) = channel();
        let book = Arc::clone(&self.book);
        std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
            while woken.recv().is_ok() {
                // What has come together is told together.
                while woken.try_recv().is_ok() {}
                if let Err(error) = book.tell_changes() {
                    failed(error);
                }
            }
        })?;
        // Where there is one already, that one goes on.
        let _known = self.wake.set(wake);
        Ok(())
    }

    fn changed(&self) {
        if let Some(wake) = self.wake.get() {
            // The thread ends after the last of those who wake it.
            let _told = wake.send(());
        }
    }

    fn held(&self) -> MutexGuard<'_, HeldPasses> {
        self.book.held()
    }

    /// Takes up what an earlier daemon gave out: from the gateway where one serves, else what was kept and is sealed with
    /// the same keys. One that does not answer is asked again for so long; until one has, or none serves, no copy is removed.
    ///
    /// # Errors
    /// When there can be no folder for them.
    pub fn take_over(&self, bound: &[Route], patience: Duration) -> Result<TakenOver, GatewayError> {
        let mut held = self.held();
        kept::make(&self.book.home)?;
        let until = Instant::now() + patience;
        let told = loop {
            match control::give(&self.book.home, &Order::Tell) {
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
        held.passes = passes;
        if taken == TakenOver::Whole {
            kept::remove_others(&self.book.home, &held.passes);
        }
        Ok(taken)
    }

    /// The copies that were sealed with the same keys.
    fn copies(&self, bound: &[Route]) -> ByName {
        let mut keys = self.keys();
        let kept = kept::read(&self.book.home, &keys, bound);
        for pass in kept.values() {
            keys.prove(pass);
        }
        kept
    }

    fn keys(&self) -> MutexGuard<'_, GivenKeys> {
        self.book.keys()
    }

    /// Returns the keys that are known here, for a gateway that is started.
    pub fn given(&self) -> GivenKeys {
        self.keys().clone()
    }

    /// Whether the value of this variable is known here.
    pub fn has_key(&self, source: &KeySource) -> bool {
        self.keys().value(source).is_some()
    }

    /// Takes up the keys' variables of whoever began an attempt of a run, and of no one before.
    pub fn replace_keys(&self, run: &str, values: KeyValues) {
        self.keys().of_runs.insert(run.to_owned(), values);
        self.book.keys_replaced(run);
        self.changed();
    }

    /// Takes up the keys' variables of whoever has a run go on; those that are not set there stay.
    pub fn add_keys(&self, run: &str, values: KeyValues) {
        if values.0.is_empty() {
            return;
        }
        self.keys().add(run, values);
        self.book.keys_added(run);
        self.changed();
    }

    /// Tells the gateway the keys' variables of one run, as they are known here.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn tell_keys(&self, run: &str) -> Result<(), GatewayError> {
        let Some(values) = self.keys().of_runs.get(run).cloned() else { return Ok(()) };
        self.book.give_keys(&[(run.to_owned(), values)].into())
    }

    /// Returns all passes, for a gateway that is started.
    pub fn all(&self) -> ByName {
        self.held().passes.clone()
    }

    /// Asks the gateway for its status; `None` where none serves.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn ask_gateway(&self) -> Result<Option<GatewayStatus>, GatewayError> {
        control::give(&self.book.home, &Order::Tell)
    }

    /// Has the gateway go by all that is known here; whatever it was told before.
    ///
    /// # Errors
    /// When it can't be spoken with.
    pub fn tell_all(&self) -> Result<(), GatewayError> {
        self.book.tell_all()
    }

    /// Has the gateway know of every change by now.
    ///
    /// # Errors
    /// When it can't be spoken with; then it is told later.
    pub fn tell_changes(&self) -> Result<(), GatewayError> {
        self.book.tell_changes()
    }

    /// Gives an attempt a pass, and returns its token. The run's other passes, and an earlier one of this attempt, are
    /// taken back.
    ///
    /// # Errors
    /// When it can't be kept.
    pub fn give(&self, pass: &Pass) -> Result<String, GatewayError> {
        let token = new_token(&pass.run).map_err(GatewayError::io("make a token in", &self.book.home))?;
        let name = name_of(&token);
        let mut held = self.held();
        for before in held.names(|known| known.run == pass.run) {
            held.remove(&before);
            kept::remove(&self.book.home, &before)?;
        }
        kept::write(&self.book.home, &self.keys(), &name, pass)?;
        held.insert(name, pass.clone());
        drop(held);
        self.changed();
        Ok(token)
    }

    /// The pass of this token; `None` when there is none, or none any more.
    pub fn find(&self, token: &str) -> Option<Pass> {
        self.held().passes.get(&name_of(token)).cloned()
    }

    /// Changes a run's passes.
    pub fn change(&self, run: &str, change: impl Fn(&mut Pass)) {
        let mut held = self.held();
        for name in held.names(|pass| pass.run == run) {
            held.change(&name, &change);
        }
        drop(held);
        self.changed();
    }

    /// Takes a run's passes back; nothing is forwarded for it any more once the gateway has heard of it.
    pub fn take_back(&self, run: &str) {
        self.take_back_where(|pass| pass.run == run);
    }

    /// Takes back the pass of one attempt; the next attempt's stays what it is.
    pub fn take_back_of(&self, run: &str, attempt: &AttemptKey) {
        self.take_back_where(|pass| pass.run == run && pass.attempt == *attempt);
    }

    /// Takes back the passes of every attempt that is not `live`.
    pub fn sweep(&self, live: impl Fn(&str, &AttemptKey) -> bool) {
        self.take_back_where(|pass| !live(&pass.run, &pass.attempt));
    }

    fn take_back_where(&self, takes: impl Fn(&Pass) -> bool) {
        let mut held = self.held();
        for name in held.names(takes) {
            held.remove(&name);
            // One that is left there lets nobody through while this daemon or the gateway lives.
            if let Err(error) = kept::remove(&self.book.home, &name) {
                tracing::warn!(%error, "a pass that was taken back");
            }
        }
        drop(held);
        self.changed();
    }

    /// Whether any attempt has a pass.
    pub fn is_any(&self) -> bool {
        !self.held().passes.is_empty()
    }
}
