//! What was used so far, by run, by repository and in all, so that a budget holds before anything else has heard of a call.
//!
//! Three figures make up each sum: what was measured, the upper bound of calls that were cut, and the upper bound of those
//! that are under way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::budget::{Budget, BudgetOf, Used};
use domain::event::{BudgetReached, ModelCalled};

use crate::files;
use crate::log;
use crate::pass::Pass;

/// Days whose files are read at the start beside today: the clock may be set back.
const DAYS_BEFORE: i64 = 2;
/// Days that are kept; a clock that jumps about makes no more of them.
const DAYS: usize = 32;

/// Bytes of the longest `spec.json`; the task in it may be long.
const LONGEST_SPEC: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// Usage that was measured, and the upper bound of calls that were cut.
    used: Used,
    /// The upper bound of calls that were cut, which is part of `used`.
    at_most: Used,
    /// The upper bound of calls under way.
    open: Used,
}

/// The sums of one day of this machine's time zone.
#[derive(Debug, Default)]
struct LedgerDay {
    all: Totals,
    repositories: BTreeMap<String, Totals>,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By date, so that a clock that is set forward and back finds each day as it was.
    days: BTreeMap<String, LedgerDay>,
    runs: BTreeMap<String, Totals>,
}

/// The ledger's decision about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The request goes on: its upper bound is reserved.
    Goes,
    /// The request waits: calls under way may use up the budget.
    Waits,
    Over(BudgetReached),
}

/// Whose sums a call is part of, and of which day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerAccount {
    pub(crate) run: String,
    pub(crate) repo: String,
    /// The day that the call began in, `YYYY-MM-DD`.
    pub(crate) day: String,
}

impl Ledger {
    /// Sums up what the runs below `home` used on the days around `now`.
    pub(crate) fn open(home: &Path, now: domain::Timestamp) -> Self {
        let mut ledger = Self::default();
        let first = day_of(domain::Timestamp::from_millis(now.as_millis() - DAYS_BEFORE * 86_400_000));
        let runs = fs::read_dir(home.join("runs")).into_iter().flatten().flatten();
        for folder in runs.map(|run| run.path()) {
            // What was written to last on a day before has nothing of these.
            let written = fs::metadata(folder.join(domain::fold::CALLS)).and_then(|meta| meta.modified());
            let written = written.ok().and_then(|at| jiff::Timestamp::try_from(at).ok());
            let of = written.map(|at| day_of(domain::Timestamp::from_millis(at.as_millisecond())));
            if of.is_none_or(|of| of < first) {
                continue;
            }
            let Ok(read) = log::read(&folder, 0) else { continue };
            let repo = repository(&folder);
            for (_, call) in &read.ended {
                let sums = Totals::of(call);
                let day = ledger.days.entry(day_of(call.began_at)).or_default();
                day.all.add(sums);
                day.repositories.entry(repo.clone()).or_default().add(sums);
            }
        }
        ledger.forget_old();
        ledger
    }

    /// Reads what a run used through gateways in all, from its folder.
    pub(crate) fn read(run: &Path) -> Totals {
        let mut sums = Totals::default();
        log::read(run, 0).unwrap_or_default().ended.iter().for_each(|(_, call)| sums.add(Totals::of(call)));
        sums
    }

    pub(crate) fn knows(&self, run: &str) -> bool {
        self.runs.contains_key(run)
    }

    /// Begins the sum of a run, unless there is one.
    pub(crate) fn begin(&mut self, run: &str, sums: Totals) {
        self.runs.entry(run.to_owned()).or_insert(sums);
    }

    fn forget_old(&mut self) {
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    /// Returns the sums that a call is part of.
    fn sums(&mut self, of: &LedgerAccount) -> [&mut Totals; 3] {
        let day = self.days.entry(of.day.clone()).or_default();
        [
            self.runs.entry(of.run.clone()).or_default(),
            day.repositories.entry(of.repo.clone()).or_default(),
            &mut day.all,
        ]
    }

    /// Looks whether a request of this pass may go on, and reserves `bound` for it. One that is alone may always go as long
    /// as its budgets are not reached; others only where all that is under way fits in.
    pub(crate) fn admit(&mut self, of: &LedgerAccount, pass: &Pass, bound: Used) -> Admission {
        let limits = &pass.limits;
        let [run, repository, all] = self.sums(of).map(|sums| *sums);
        let mut own = run;
        own.used += limits.beside;
        let budgets = [
            (BudgetOf::Run, limits.run, own),
            (BudgetOf::Repository, limits.repository, repository),
            (BudgetOf::Day, limits.day, all),
        ];
        let budgets = budgets.into_iter().filter(|(of, ..)| *of == BudgetOf::Run || !limits.alone);
        let mut waits = false;
        for (of, limit, sums) in budgets {
            if let Some(used) = limit.reached_with(sums.used, sums.at_most) {
                return Admission::Over(BudgetReached { of, used });
            }
            waits |= !sums.has_room(limit, bound);
        }
        if waits {
            return Admission::Waits;
        }
        self.sums(of).into_iter().for_each(|sums| sums.open += bound);
        self.forget_old();
        Admission::Goes
    }

    /// Releases what was reserved.
    pub(crate) fn release(&mut self, of: &LedgerAccount, bound: Used) {
        self.sums(of).into_iter().for_each(|sums| sums.open = sums.open.less(bound));
    }

    /// Adds what was measured.
    pub(crate) fn add(&mut self, of: &LedgerAccount, used: Used) {
        self.sums(of).into_iter().for_each(|sums| sums.used += used);
    }

    /// Adds the upper bound of a call that was cut.
    pub(crate) fn keep(&mut self, of: &LedgerAccount, at_most: Used) {
        let more = Totals { used: at_most, at_most, open: Used::NOTHING };
        self.sums(of).into_iter().for_each(|sums| sums.add(more));
    }
}

impl Totals {
    fn of(call: &ModelCalled) -> Self {
        let at_most = call.at_most.unwrap_or_default();
        let mut used = used_by(call);
        used += at_most;
        Self { used, at_most, open: Used::NOTHING }
    }

    fn add(&mut self, other: Self) {
        self.used += other.used;
        self.at_most += other.at_most;
    }

    /// Whether so much more stays below the limit with all that is under way.
    fn has_room(&self, limit: Budget, more: Used) -> bool {
        let mut all = self.used;
        all += self.open;
        all += more;
        self.open.is_nothing() || limit.reached(all).is_none()
    }
}

/// Returns the usage of one call, as it counts in the sums.
pub(crate) fn used_by(call: &ModelCalled) -> Used {
    Used { tokens: call.tokens.map_or(0, |tokens| tokens.total()), usd: call.cost_usd.unwrap_or_default() }
}

/// The day, as `YYYY-MM-DD` in this machine's time zone.
pub(crate) fn day_of(at: domain::Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date().to_string()
}

fn repository(run: &Path) -> String {
    // Agents without a sandbox could put anything in its place.
    let spec = files::read_own::<serde_json::Value>(&run.join("spec.json"), LONGEST_SPEC).ok().flatten();
    spec.and_then(|spec| spec["repo"].as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
