//! Whether anything of a run lives, is being done, or is still due.

use crate::pull_request;
use crate::run::RunState;

impl RunState {
    /// Whether nothing of it lives, is being done or was asked for.
    pub fn is_at_rest(&self) -> bool {
        let asked = self.rollback.is_some() || self.removing.is_some() || self.restoring || self.ending.is_some();
        let asked =
            asked || self.reply.is_some() || self.merging.is_some() || self.dropping.is_some() || self.is_delivering();
        self.status.is_settled() && self.effects.is_empty() && !self.is_live() && !asked
    }

    /// Whether a pack of it is to be written, or its forge to be told of it.
    pub fn is_delivering(&self) -> bool {
        self.proof.due || pull_request::due(self).is_some()
    }
}
