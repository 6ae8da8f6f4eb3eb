//! One call under way: what is known of it is written down as it becomes known, and its end in any case.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::Timestamp;
use domain::budget::Used;
use domain::event::{CallEnd, ModelCalled, UsedBeside};
use domain::tokens::{Amount, ModelUse, Tokens};
use metering::Reading;
use tokio::sync::oneshot;

use crate::bound::Bound;
use crate::gateway::GatewayState;
use crate::keys::{SecretKey, without};
use crate::ledger::used_by;
use crate::log::{CallLine, CallLog};
use crate::pass::Pass;
use crate::reserved::Reserved;

/// How often a bill that grows is written down.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct OpenCall {
    gateway: Arc<GatewayState>,
    pass: Arc<Pass>,
    data: ModelCalled,
    began: Instant,
    /// The most that the call may use, and what is held of the budgets for that.
    bound: Bound,
    reserved: Option<Reserved>,
    /// The part of the call's usage that the ledger has.
    counted: Used,
    /// The part of the provider's bill that was written down last, and when.
    told: Option<(Tokens, Instant)>,
    /// The key that the request was sent with, which no error may repeat.
    key: Option<SecretKey>,
    /// The request is on its way to the provider, so it may be billed.
    sent: bool,
    ended: bool,
}

impl OpenCall {
    /// Returns a call of which nothing is written down yet.
    pub(crate) fn new(
        gateway: &Arc<GatewayState>,
        pass: &Arc<Pass>,
        data: ModelCalled,
        bound: Bound,
        reserved: Option<Reserved>,
    ) -> Self {
        gateway.open.fetch_add(1, Ordering::Relaxed);
        let (gateway, pass) = (Arc::clone(gateway), Arc::clone(pass));
        Self {
            gateway,
            pass,
            data,
            began: Instant::now(),
            bound,
            reserved,
            counted: Used::default(),
            told: None,
            key: None,
            sent: false,
            ended: false,
        }
    }

    fn write(&self, line: CallLine, syncs: bool) -> oneshot::Receiver<()> {
        self.gateway.writer.write(CallLog::of(&self.pass.folder), line, syncs)
    }

    /// Writes the call's beginning down; from then on a killed gateway's successor knows of it.
    pub(crate) async fn begin(&mut self) {
        self.sent = true;
        let mut call = self.data.clone();
        call.at_most = Some(self.left());
        let line = CallLine::Began { attempt: self.pass.attempt.clone(), call };
        let _the_thread_is_gone = self.write(line, false).await;
    }

    pub(crate) fn with_key(&mut self, key: Option<&SecretKey>) {
        self.key = key.cloned();
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.data.status = Some(status);
    }

    pub(crate) fn first_byte(&mut self) {
        if self.data.first_byte_ms.is_none() {
            self.data.first_byte_ms = Some(millis(self.began));
        }
    }

    /// Takes up what the provider has said, before the agent hears it.
    pub(crate) fn known(&mut self, reading: &Reading) {
        self.take(reading);
        self.count();
        // A bill that grows is written down now and then.
        let due = |(told, at): &(Tokens, Instant)| Some(*told) != self.data.tokens && at.elapsed() >= AGAIN;
        if let Some(tokens) = self.data.tokens.filter(|_| self.told.as_ref().is_none_or(due)) {
            self.told = Some((tokens, Instant::now()));
            let (id, model) = (self.data.id.clone(), self.data.answered.clone());
            let (cache_write_1h, special) = (self.data.cache_write_1h, self.data.special.clone());
            let at_most = Some(self.left());
            let beside = self.data.beside.clone();
            let line = CallLine::Known { id, model, tokens, cache_write_1h, beside, special, at_most };
            drop(self.write(line, false));
        }
    }

    fn take(&mut self, reading: &Reading) {
        let data = &mut self.data;
        data.answered.clone_from(&reading.model);
        data.tokens = reading.tokens;
        data.cache_write_1h = reading.cache_write_1h;
        data.beside = reading.beside.iter().map(beside).collect();
        data.special.clone_from(&reading.special);
        data.finish.clone_from(&reading.finish);
        if let Some(error) = &reading.error {
            data.error = Some(without(self.key.as_ref(), error));
        }
        self.gateway.cost(data);
    }

    /// The upper bound of what may be billed beyond what is known.
    fn left(&self) -> Used {
        let model = self.data.model();
        self.bound.left(self.data.tokens).used(&mut self.gateway.prices(), model, self.data.began_at)
    }

    /// Brings the ledger up to what is known by now.
    fn count(&mut self) {
        let used = used_by(&self.data);
        let more = used.less(self.counted);
        if !more.is_nothing() {
            self.counted = used;
            if let Some(reserved) = &mut self.reserved {
                reserved.measured(more);
            }
        }
    }

    /// Ends the call with what its answer said; the receiver hears once that is written down.
    pub(crate) fn end(mut self, end: CallEnd, reading: &Reading) -> oneshot::Receiver<()> {
        self.take(reading);
        self.count();
        self.data.end = end;
        self.write_end()
    }

    /// Ends the call without an answer; the receiver hears once that is written down.
    pub(crate) fn failed(mut self, end: CallEnd, error: String) -> oneshot::Receiver<()> {
        self.data.end = end;
        self.data.error = Some(error);
        self.write_end()
    }

    fn write_end(&mut self) -> oneshot::Receiver<()> {
        self.ended = true;
        self.data.duration_ms = millis(self.began);
        // What is not known to its end counts as the most that it can be.
        self.data.at_most = (self.sent && self.data.bill_is_open()).then(|| self.left());
        let reserved = self.reserved.take();
        if let (Some(reserved), Some(at_most)) = (&reserved, self.data.at_most) {
            reserved.keep(at_most);
        }
        let line = CallLine::Ended { attempt: self.pass.attempt.clone(), call: self.data.clone() };
        self.write(line, true)
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if !self.ended {
            // The agent went away before there was an answer, or this process is about to.
            self.data.end = if self.sent { CallEnd::Left } else { CallEnd::Refused };
            if !self.sent {
                self.data.error = Some("the agent hung up before it was sent".to_owned());
            }
            drop(self.write_end());
        }
        self.gateway.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn beside(used: &ModelUse) -> UsedBeside {
    let ModelUse { model, amount: Amount { tokens, cache_write_1h } } = used;
    let (tokens, cache_write_1h) = (*tokens, *cache_write_1h);
    UsedBeside { model: model.clone().unwrap_or_default(), tokens, cache_write_1h, cost_usd: None }
}

/// The data of a call that begins now.
pub(crate) fn data(id: String, provider: &str, at: Timestamp) -> ModelCalled {
    ModelCalled {
        id,
        provider: provider.to_owned(),
        asked: None,
        answered: None,
        began_at: at,
        first_byte_ms: None,
        duration_ms: 0,
        status: None,
        end: CallEnd::Interrupted,
        finish: None,
        error: None,
        retry: None,
        session: None,
        tokens: None,
        cache_write_1h: 0,
        beside: Vec::new(),
        special: None,
        over: None,
        cost_usd: None,
        at_most: None,
    }
}
