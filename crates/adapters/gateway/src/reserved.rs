//! What is held of the budgets for one call, from its admission to its end.

use std::sync::Arc;

use domain::budget::Used;

use crate::gateway::GatewayState;
use crate::ledger::LedgerAccount;

/// The part of the budgets that is held for one call; what is left of it is released when dropped.
pub(crate) struct Reserved {
    gateway: Arc<GatewayState>,
    of: LedgerAccount,
    left: Used,
}

impl Reserved {
    /// Takes over what the ledger has reserved already.
    pub(crate) fn new(gateway: &Arc<GatewayState>, of: LedgerAccount, left: Used) -> Self {
        Self { gateway: Arc::clone(gateway), of, left }
    }

    /// Counts usage that was measured, and releases as much of what is reserved.
    pub(crate) fn measured(&mut self, used: Used) {
        let rest = self.left.less(used);
        let mut ledger = self.gateway.ledger();
        ledger.add(&self.of, used);
        ledger.release(&self.of, self.left.less(rest));
        self.left = rest;
    }

    /// Keeps the upper bound of a call that was cut: so much may be billed beyond what was measured.
    pub(crate) fn keep(&self, at_most: Used) {
        self.gateway.ledger().keep(&self.of, at_most);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.gateway.ledger().release(&self.of, self.left);
        self.gateway.changed.send_replace(());
    }
}
