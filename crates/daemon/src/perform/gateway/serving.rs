//! Having a gateway serve, on a thread of its own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::process::ensure;
use crate::input::Input;
use crate::perform::Performer;
use crate::perform::lanes::Lane;

/// Time after which a gateway that could not be started is started again.
const GATEWAY_AGAIN: Duration = Duration::from_secs(5);
/// Name under which the gateway's start is counted among the threads' work.
const GATEWAY: &str = "gateway";

impl Performer {
    /// Has a gateway serve where anybody has a pass.
    pub(crate) fn keep_gateway(&self) {
        let performer = self.clone();
        self.lanes.push(Lane::Starts, GATEWAY, move || {
            let places = &performer.places;
            if !performer.gateway.passes.is_any() {
                return;
            }
            if let Err(reason) = ensure(places, &performer, &[]) {
                tracing::error!(%reason, "agents can't ask their models");
                performer.later(GATEWAY_AGAIN, Input::GatewayGone);
            }
        });
    }

    /// Has a gateway serve that goes by all that this daemon knows, instead of one that takes no orders.
    pub(crate) fn mend_gateway(&self) {
        self.end_calls();
    }

    /// Has a gateway end the calls that were open when the last one was killed.
    pub(crate) fn end_calls(&self) {
        // However many ask for it, one is enough until it begins.
        if self.gateway.is_asked_for.swap(true, Ordering::AcqRel) {
            return;
        }
        let performer = self.clone();
        self.lanes.push(Lane::Starts, GATEWAY, move || {
            performer.gateway.is_asked_for.store(false, Ordering::Release);
            if let Err(reason) = ensure(&performer.places, &performer, &[]) {
                tracing::error!(%reason, "what the last calls used is not known");
            }
        });
    }
}
