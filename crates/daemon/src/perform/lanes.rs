//! Threads that may block, a bounded number for each kind of work: what takes long never stands before what is quick, and
//! what hangs in one place never takes every thread of its kind.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A kind of work with threads of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Words with keepers and their ends: pause, resume, answers, terminate. Never git.
    Keepers,
    /// Agents being started.
    Starts,
    /// Worktrees being made, kept, checked, proven, merged and removed.
    Trees,
    /// The repository that a request is about, and the processes of a run.
    Finding,
    /// Everything else that a client asks for and waits for: differences, facts, new runs.
    Looks,
    /// Figures that nobody waits for; few, so that agents have room.
    Measures,
}

/// Every kind with the most threads it has, and the most of these that one repository, run or folder may take.
const LANES: [(Lane, &str, usize, usize); 6] = [
    (Lane::Keepers, "keepers", 24, 4),
    (Lane::Starts, "starts", 16, 8),
    (Lane::Trees, "trees", 16, 10),
    (Lane::Finding, "finding", 16, 8),
    (Lane::Looks, "looks", 12, 4),
    (Lane::Measures, "measures", 3, 2),
];

/// Time that a thread waits for more work before it ends.
const IDLE: Duration = Duration::from_secs(10);

type LaneWork = Box<dyn FnOnce() + Send>;

/// The threads of every kind.
pub(crate) struct Lanes([Arc<Pool>; LANES.len()]);

impl Lanes {
    pub(crate) fn new() -> Self {
        Self(LANES.map(|(_, name, most, of_one)| Arc::new(Pool::new(name, most, of_one))))
    }

    /// Does `work` when a thread of this kind is free and not too many work `of` the same thing already.
    pub(crate) fn push(&self, lane: Lane, of: &str, work: impl FnOnce() + Send + 'static) {
        let pool = LANES.iter().zip(&self.0).find(|((kind, ..), _)| *kind == lane).map(|(_, pool)| pool);
        Pool::push(pool.expect("every kind has its threads"), of, Box::new(work));
    }

    /// Waits until nothing is being done any more, at most this long.
    pub(crate) fn settle(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        self.0.iter().for_each(|pool| pool.settle(deadline));
    }
}

struct Pool {
    name: &'static str,
    most: usize,
    most_of_one: usize,
    inside: Mutex<PoolState>,
    changed: Condvar,
}

#[derive(Default)]
struct PoolState {
    waiting: VecDeque<(String, LaneWork)>,
    /// Number of threads that work of each thing.
    working: BTreeMap<String, usize>,
    threads: usize,
    idle: usize,
}

impl Pool {
    fn new(name: &'static str, most: usize, most_of_one: usize) -> Self {
        Self { name, most, most_of_one, inside: Mutex::default(), changed: Condvar::new() }
    }

    fn inside(&self) -> MutexGuard<'_, PoolState> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(pool: &Arc<Self>, of: &str, work: LaneWork) {
        let mut inside = pool.inside();
        inside.waiting.push_back((of.to_owned(), work));
        if inside.waiting.len() > inside.idle && inside.threads < pool.most {
            let own = Arc::clone(pool);
            match std::thread::Builder::new().name(pool.name.to_owned()).spawn(move || own.work()) {
                Ok(_) => inside.threads += 1,
                // The threads that are there take it up, and what is pushed next tries anew.
                Err(error) => tracing::error!(%error, lane = pool.name, "one thread less"),
            }
        }
        drop(inside);
        pool.changed.notify_all();
    }

    /// Does work for as long as there is some: the life of one thread.
    fn work(&self) {
        while let Some((of, work)) = self.next() {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::error!(lane = self.name, of, "work failed badly");
            }
            let mut inside = self.inside();
            if let Some(count) = inside.working.get_mut(&of) {
                *count -= 1;
                if *count == 0 {
                    inside.working.remove(&of);
                }
            }
            drop(inside);
            self.changed.notify_all();
        }
    }

    /// Takes the oldest work that may be done now; returns `None` when there was none for a while.
    fn next(&self) -> Option<(String, LaneWork)> {
        let mut inside = self.inside();
        let deadline = Instant::now() + IDLE;
        loop {
            let may =
                |(of, _): &(String, LaneWork)| inside.working.get(of).is_none_or(|count| *count < self.most_of_one);
            if let Some(at) = inside.waiting.iter().position(may) {
                let (of, work) = inside.waiting.remove(at)?;
                *inside.working.entry(of.clone()).or_default() += 1;
                return Some((of, work));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                inside.threads -= 1;
                return None;
            }
            inside.idle += 1;
            inside = self.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
            inside.idle -= 1;
        }
    }

    fn settle(&self, deadline: Instant) {
        let mut inside = self.inside();
        while !(inside.working.is_empty() && inside.waiting.is_empty()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            inside = self.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Pushes work that lasts until the returned sender is dropped.
    fn hangs(lanes: &Lanes, lane: Lane, of: &str) -> (Receiver<()>, Sender<()>) {
        let ((begun, begins), (until, ends)) = (channel(), channel::<()>());
        lanes.push(lane, of, move || {
            let _told = begun.send(());
            let _dropped = ends.recv();
        });
        (begins, until)
    }

    #[test]
    fn hanging_work_holds_up_no_other_kind() {
        let lanes = Lanes::new();
        let hanging: Vec<_> = (0..40).map(|n| hangs(&lanes, Lane::Trees, &n.to_string())).collect();
        for (begins, _) in hanging.iter().take(16) {
            begins.recv_timeout(PATIENCE).expect("as many as there are threads begin");
        }
        assert!(hanging[16].0.try_recv().is_err(), "no more than that");
        let (begins, _until) = hangs(&lanes, Lane::Keepers, "0");
        begins.recv_timeout(PATIENCE).expect("another kind has threads of its own");
        drop(hanging);
    }

    #[test]
    fn one_repository_never_takes_every_thread() {
        let lanes = Lanes::new();
        let hanging: Vec<_> = (0..40).map(|_| hangs(&lanes, Lane::Trees, "hangs")).collect();
        let (begins, _until) = hangs(&lanes, Lane::Trees, "well");
        begins.recv_timeout(PATIENCE).expect("another repository goes on");
        drop(hanging);
    }

    #[test]
    fn work_that_panics_costs_no_thread() {
        let lanes = Lanes::new();
        for _ in 0..40 {
            lanes.push(Lane::Measures, "a", || std::panic::resume_unwind(Box::new(())));
        }
        let (begins, _until) = hangs(&lanes, Lane::Measures, "a");
        begins.recv_timeout(PATIENCE).expect("what comes after it is done");
    }
}
