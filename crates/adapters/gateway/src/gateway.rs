//! What a gateway at work has: its passes, its keys and what they are for, and its sums.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use domain::Timestamp;
use domain::event::ModelCalled;
use reqwest::Client;
use tokio::sync::watch;

use crate::body::BodyRoom;
use crate::control::{GatewayStatus, Order};
use crate::keys::KeyStore;
use crate::ledger::Ledger;
use crate::pass::{Pass, Route, name_of};
use crate::prices::PriceBook;
use crate::writer::Writer;

pub(crate) struct GatewayState {
    pub(crate) keys: KeyStore,
    pub(crate) client: Client,
    /// Calls under way.
    pub(crate) open: AtomicUsize,
    pub(crate) writer: Writer,
    pub(crate) room: Arc<BodyRoom>,
    pub(crate) prices: Mutex<PriceBook>,
    /// The only addresses that a key goes to.
    pub(crate) bound: Vec<Route>,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) passes: RwLock<BTreeMap<String, Arc<Pass>>>,
    /// Sent to when passes or what is in flight have changed, which may let somebody go on who waits.
    pub(crate) changed: watch::Sender<()>,
    pub(crate) calls: AtomicU64,
    /// Tells this process's calls from those of others.
    pub(crate) born: i64,
}

impl GatewayState {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn prices(&self) -> MutexGuard<'_, PriceBook> {
        self.prices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_id(&self) -> String {
        format!("{:x}-{}", self.born, self.calls.fetch_add(1, Ordering::Relaxed))
    }

    /// Fills in what a call costs.
    pub(crate) fn cost(&self, call: &mut ModelCalled) {
        self.prices().fill_in(call);
    }

    /// The pass of this token; `None` when there is none, or none any more.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<Pass>> {
        self.passes.read().unwrap_or_else(PoisonError::into_inner).get(&name_of(token)).cloned()
    }

    pub(crate) fn has_passes(&self) -> bool {
        !self.passes.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Follows a daemon's order. What a run has used is read before its pass counts, so that no request waits for that.
    pub(crate) fn follow(&self, order: Order) -> GatewayStatus {
        let set = match order {
            Order::Tell => BTreeMap::new(),
            Order::Keys(of_runs) => {
                self.keys.replace(of_runs);
                BTreeMap::new()
            }
            Order::AddKeys(of_runs) => {
                self.keys.add(of_runs);
                BTreeMap::new()
            }
            Order::Set(set) => set,
            Order::Replace(all) => {
                let known = self.passes.read().unwrap_or_else(PoisonError::into_inner);
                let gone = known.keys().filter(|name| !all.contains_key(*name)).map(|name| (name.clone(), None));
                let gone: Vec<_> = gone.collect();
                gone.into_iter().chain(all.into_iter().map(|(name, pass)| (name, Some(pass)))).collect()
            }
        };
        self.take_up(set);
        let passes = self.passes.read().unwrap_or_else(PoisonError::into_inner);
        let passes = passes.iter().map(|(name, pass)| (name.clone(), Pass::clone(pass))).collect();
        let given = self.keys.given();
        let keys = given.env.0.keys().cloned().collect();
        GatewayStatus { bound: self.bound.clone(), keys, of_runs: given.names_of_runs(), passes }
    }

    pub(crate) fn take_up(&self, set: BTreeMap<String, Option<Pass>>) {
        for pass in set.values().flatten() {
            if !self.ledger().knows(&pass.run) {
                let used = Ledger::read(&pass.folder);
                self.ledger().begin(&pass.run, used);
            }
        }
        let mut known = self.passes.write().unwrap_or_else(PoisonError::into_inner);
        for (name, pass) in set {
            match pass {
                Some(pass) => drop(known.insert(name, Arc::new(pass))),
                None => drop(known.remove(&name)),
            }
        }
        drop(known);
        self.changed.send_replace(());
    }
}

/// The one clock of the gateway.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
