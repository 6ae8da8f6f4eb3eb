//! How many may be connected at once, so that no run takes the daemon away from persons.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use supervisor::Standing;

/// Most connections of one run, and of all clients together whose standing is not known.
const OF_ONE: usize = 32;
/// Most connections of all runs together, where so many files may be open.
const OF_RUNS: usize = 256;
/// Descriptors that are left for everything else that the daemon has open.
const OTHERS: usize = 256;

/// The connections there are, by who has them.
#[derive(Debug, Clone)]
pub(crate) struct Seats {
    taken: Arc<Mutex<BTreeMap<Holder, usize>>>,
    runs: usize,
    all: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Person,
    Run(String),
    Unknown,
}

/// The right to be connected, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSeat {
    holder: Holder,
    taken: Arc<Mutex<BTreeMap<Holder, usize>>>,
}

impl Seats {
    /// Makes the seats of a process that may have so many files open.
    pub(crate) fn new(files: u64) -> Self {
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let all = files.saturating_sub(OTHERS).max(files / 2);
        Self { taken: Arc::default(), runs: OF_RUNS.min(all / 4), all }
    }

    /// Takes a seat for a client of this standing; `None` when there is none left for it.
    pub(crate) fn take(&self, standing: &Standing) -> Option<ConnectionSeat> {
        let holder = match standing {
            Standing::Person => Holder::Person,
            Standing::OfRun(run) => Holder::Run(run.clone()),
            Standing::Unknown(_) => Holder::Unknown,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let persons = taken.get(&Holder::Person).copied().unwrap_or(0);
        let own = taken.get(&holder).copied().unwrap_or(0);
        let room = match holder {
            // What runs may take is not theirs.
            Holder::Person => persons < self.all - self.runs,
            Holder::Run(_) | Holder::Unknown => own < OF_ONE && all - persons < self.runs,
        };
        room.then(|| {
            *taken.entry(holder.clone()).or_default() += 1;
            ConnectionSeat { holder, taken: Arc::clone(&self.taken) }
        })
    }
}

impl Drop for ConnectionSeat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let left = taken.get(&self.holder).map_or(0, |n| n.saturating_sub(1));
        match left {
            0 => drop(taken.remove(&self.holder)),
            _ => drop(taken.insert(self.holder.clone(), left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // For persons and for each other.
    #[test]
    fn runs_leave_room_for_others() {
        let seats = Seats::new(1024);
        let run = |name: &str| Standing::OfRun(name.to_owned());
        let greedy: Vec<ConnectionSeat> = (0..1000).map_while(|_| seats.take(&run("greedy"))).collect();
        assert_eq!(greedy.len(), OF_ONE);
        assert!(seats.take(&run("other")).is_some());
        let many: Vec<ConnectionSeat> = (0..1000).filter_map(|n| seats.take(&run(&format!("r{}", n / 40)))).collect();
        assert!(seats.take(&run("late")).is_none(), "{} are taken", many.len());
        assert!(seats.take(&Standing::Unknown(String::new())).is_none());
        let persons: Vec<ConnectionSeat> = (0..1000).map_while(|_| seats.take(&Standing::Person)).collect();
        assert!(persons.len() > 500, "{}", persons.len());
        drop(greedy);
        assert!(seats.take(&run("late")).is_some(), "places come back");
    }
}
