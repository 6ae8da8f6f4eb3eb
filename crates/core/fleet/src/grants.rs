//! Places at work: how many runs may work at once, and which waiting run begins next.

use domain::{RunId, Timestamp, figures};

/// Everything that places are granted by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FleetState {
    /// Runs that may be at work at once.
    pub limit: u32,
    /// Runs that are at work.
    pub at_work: u32,
    /// Bytes that must be free where a run begins.
    pub floor: u64,
    /// Runs that wait for a place.
    pub waiting: Vec<WaitingRun>,
}

/// A run that waits for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRun {
    pub run: RunId,
    pub created_at: Option<Timestamp>,
    /// A reason outside of the fleet why it may not begin yet.
    pub kept_back: Option<String>,
    /// The room in the places that it would write to; none where its worktree is there already.
    pub writes_to: Vec<FreeSpace>,
}

/// The room of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSpace {
    /// The path that was looked at.
    pub at: String,
    /// Bytes that are free; `None` where nobody could tell, which holds up no run.
    pub free: Option<u64>,
}

/// A decision about one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The run may be at work.
    Place(RunId),
    /// A place is free, and the run waits for something else.
    Wait { run: RunId, why: String },
}

/// Returns who may be at work now: the oldest first, as many as the limit leaves room for. A run that has to wait for something
/// else takes no place from those behind it.
pub fn decide(fleet: &FleetState) -> Vec<Grant> {
    let mut free = fleet.limit.saturating_sub(fleet.at_work);
    let mut waiting: Vec<&WaitingRun> = fleet.waiting.iter().collect();
    waiting.sort_by_key(|waiting| (waiting.created_at, &waiting.run));
    let mut grants = Vec::new();
    for waiting in waiting {
        if free == 0 {
            break;
        }
        let run = waiting.run.clone();
        match waiting.why_not(fleet.floor) {
            Some(why) => grants.push(Grant::Wait { run, why }),
            None => {
                grants.push(Grant::Place(run));
                free -= 1;
            }
        }
    }
    grants
}

impl WaitingRun {
    fn why_not(&self, floor: u64) -> Option<String> {
        let tight = |space: &FreeSpace| {
            let free = space.free.filter(|free| *free < floor)?;
            let [free, floor] = [free, floor].map(figures::bytes);
            Some(format!("waits for room: {free} free at {}, {floor} must be (limits.free_space)", space.at))
        };
        self.kept_back.clone().or_else(|| self.writes_to.iter().find_map(tight))
    }
}
