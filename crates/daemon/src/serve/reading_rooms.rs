//! How much is read at once for those who ask.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Threads of the runtime's pool that read for persons, and for processes of runs; some are left for what is quick.
const READING_PERSONS: usize = 20;
const READING_RUNS: usize = 6;

/// Threads that read at once what clients ask for: for persons, and for all processes of runs together. What an agent
/// names may be something that is never read to its end.
#[derive(Clone)]
pub(super) struct ReadingRooms {
    persons: Arc<Semaphore>,
    runs: Arc<Semaphore>,
}

impl Default for ReadingRooms {
    fn default() -> Self {
        Self { persons: Arc::new(Semaphore::new(READING_PERSONS)), runs: Arc::new(Semaphore::new(READING_RUNS)) }
    }
}

impl ReadingRooms {
    pub(super) fn of(&self, is_person: bool) -> Arc<Semaphore> {
        Arc::clone(if is_person { &self.persons } else { &self.runs })
    }
}
