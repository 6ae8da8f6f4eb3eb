//! Who has connected, and what it may ask for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::{Code, Refused, Request};
use supervisor::{Killed, Peer, Standing};

/// The client that asks, looked at again whenever it asks for something to be done.
pub(super) struct Asker {
    /// The process that connected; `None` when it was not found out.
    peer: Option<Peer>,
    /// The client's standing when it connected; once a run's, it stays one.
    pub(super) at_first: Standing,
    home: PathBuf,
    killed: Arc<Killed>,
}

impl Asker {
    pub(super) fn of(peer: Result<Peer, String>, home: &Path, killed: &Arc<Killed>) -> Self {
        let (peer, at_first) = match peer {
            Ok(peer) => (Some(peer), None),
            Err(why) => (None, Some(Standing::Unknown(why))),
        };
        let at_first = at_first.or_else(|| Some(peer.as_ref()?.descent(home)));
        let at_first = at_first.unwrap_or_else(|| Standing::Unknown("it has ended".to_owned()));
        Self { peer, at_first, home: home.to_owned(), killed: Arc::clone(killed) }
    }

    /// Whether the client is a person at this moment.
    pub(super) fn is_person_now(&self) -> bool {
        self.standing(|peer| peer.standing(&self.home, &self.killed)) == Standing::Person
    }

    fn standing(&self, look: impl FnOnce(&Peer) -> Standing) -> Standing {
        match (&self.at_first, &self.peer) {
            (Standing::Person, Some(peer)) => tokio::task::block_in_place(|| look(peer)),
            (at_first, _) => at_first.clone(),
        }
    }

    /// Refuses a request that is no person's word; `None` when it is one, as far as can be known, or needs none.
    pub(super) fn objection(&self, request: &Request) -> Option<Refused> {
        if !request.acts() {
            return None;
        }
        let standing = self.standing(|peer| match request {
            // Whoever attached was looked at then, and every key would have to wait for this.
            Request::Type { .. } | Request::Resize { .. } => peer.descent(&self.home),
            _ => peer.standing(&self.home, &self.killed),
        });
        let reason = match standing {
            Standing::Person => return None,
            Standing::OfRun(run) => format!(
                "this comes from inside of run {run}: what an agent asks for is no person's word; do it outside of any run"
            ),
            Standing::Unknown(why) => format!(
                "nobody knows who asks for this ({why}), so it is no person's word; ask again from a terminal of your own"
            ),
        };
        Some(Refused { code: Code::Refused, reason })
    }
}
