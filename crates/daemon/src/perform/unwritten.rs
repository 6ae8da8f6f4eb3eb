//! Ending runs, and telling of them, while nothing can be written down.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::RunId;
use protocol::Acted;

use super::lanes::Lane;
use super::living::living;
use super::{Performer, stop};
use crate::input::{FaceId, Input};

/// Number of looks whether what was told to end has, and the time between two of them.
const LAST_LOOKS: u32 = 6;
const LAST_LOOK: Duration = Duration::from_millis(50);

/// A request that waits for what can't be written down, with the runs that it waits for.
pub(crate) struct Late {
    pub(crate) face: FaceId,
    pub(crate) id: u64,
    pub(crate) acted: Vec<Acted>,
    pub(crate) waits: BTreeSet<RunId>,
    /// The reason why it can't be written down.
    pub(crate) why: String,
}

impl Performer {
    /// Ends what lives of a run although that can't be written down.
    pub(crate) fn end_unwritten(&self, run: RunId, grace_ms: u64) {
        let places = Arc::clone(&self.places);
        let of = run.to_string();
        self.lanes.push(Lane::Keepers, &of, move || stop::ask_all(&places, &run, grace_ms));
    }

    /// Tells a client that waits for what can't be written down what is known instead.
    pub(crate) fn tell_unwritten(&self, late: Late) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.lanes.push(Lane::Finding, "unwritten", move || {
            let Late { face, id, mut acted, waits, why } = late;
            for run in waits {
                // What was told to end may take a moment more.
                let mut alive = living(&places, &run).len();
                for _ in 0..LAST_LOOKS {
                    if alive == 0 {
                        break;
                    }
                    std::thread::sleep(LAST_LOOK);
                    alive = living(&places, &run).len();
                }
                let lives = match alive {
                    0 => "nothing of it lives".to_owned(),
                    alive => domain::figures::living(alive),
                };
                let reason = format!("{why}; {lives}; it is finished when there is room");
                for one in acted.iter_mut().filter(|one| one.run == run.as_str()) {
                    (one.code, one.reason) = (protocol::Code::Failed, Some(reason.clone()));
                }
            }
            let _stopping = inputs.send(Input::Answered { face, id, reply: protocol::Reply::Acted(acted) });
        });
    }
}
