//! What all runs used today, by this machine's clock, and the budget of a day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use domain::Timestamp;
use domain::budget::{Budget, BudgetOf, Used};
use domain::event::{BudgetReached, BudgetWarned};
use domain::spend::{QUARTER_MS, Spent, Sum};
use protocol::Today;

use super::runs::Runs;

/// The sums of today, and of the days around it: a clock that is set forward and back finds each as it was.
pub(super) struct Day {
    config: PathBuf,
    read: Option<SystemTime>,
    budget: Budget,
    date: jiff::civil::Date,
    days: BTreeMap<jiff::civil::Date, DaySums>,
    /// When the settings were last looked at.
    looked: Option<Instant>,
    /// Another budget was read than there was.
    changed: bool,
}

/// The sums of one day.
#[derive(Default)]
struct DaySums {
    all: Sum,
    repositories: BTreeMap<String, Used>,
    /// Budgets that were warned of; the day's own has no repository.
    warned: BTreeSet<Option<String>>,
}

/// Days that are kept; a clock that jumps about makes no more of them.
const DAYS: usize = 32;

/// Settings are looked at so often at most.
const LOOK: Duration = Duration::from_secs(1);

impl Day {
    /// Today, with nothing summed up yet.
    pub(super) fn new(config: PathBuf, now: Timestamp) -> Self {
        Self {
            config,
            read: None,
            budget: Budget::NONE,
            date: date(now),
            days: BTreeMap::new(),
            looked: None,
            changed: false,
        }
    }

    /// Sums up what the runs used today and on the days before and behind it.
    pub(super) fn sum_up(&mut self, runs: &Runs, now: Timestamp) {
        self.date = date(now);
        self.days.clear();
        let first = first_quarter(self.date) - QUARTERS_OF_TWO_DAYS;
        for (row, spend) in runs.spend() {
            for spent in spend.iter().filter(|spent| spent.quarter >= first) {
                let day = date(Timestamp::from_millis(spent.quarter.saturating_mul(QUARTER_MS)));
                self.days.entry(day).or_default().add(&row.repo, spent);
            }
        }
        self.forget_old();
        self.refresh();
    }

    pub(super) fn add(&mut self, now: Timestamp, repo: &str, more: &Sum) {
        self.turn(now);
        let sums = self.sums();
        sums.all += *more;
        *sums.repositories.entry(repo.to_owned()).or_default() += more.used();
        self.refresh();
    }

    fn turn(&mut self, now: Timestamp) {
        self.date = date(now);
        self.forget_old();
    }

    fn forget_old(&mut self) {
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    /// Those of today.
    fn sums(&mut self) -> &mut DaySums {
        self.days.entry(self.date).or_default()
    }

    /// The budget of a day, as the person's settings have it now.
    fn refresh(&mut self) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let written = std::fs::metadata(&self.config).and_then(|meta| meta.modified()).ok();
        if written == self.read {
            return;
        }
        self.read = written;
        match crate::settings_of::user_settings(&self.config) {
            Ok(settings) => {
                self.changed |= self.budget != settings.day_budget.value;
                self.budget = settings.day_budget.value;
            }
            // Whoever starts a run is told; what was said before goes on to count.
            Err(error) => tracing::error!(%error, "the budget of the day"),
        }
    }

    pub(super) fn budget(&mut self, now: Timestamp) -> Budget {
        self.turn(now);
        self.refresh();
        self.budget
    }

    /// A person may have changed their settings just now.
    pub(super) fn look_again(&mut self) {
        self.looked = None;
    }

    /// Whether the budget is another one since this was asked last.
    pub(super) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The first quarter of an hour of the day that is summed up.
    pub(super) fn first_quarter(&self) -> i64 {
        first_quarter(self.date)
    }

    /// What faces show of it.
    pub(super) fn today(&mut self, now: Timestamp) -> Today {
        self.turn(now);
        self.refresh();
        let Sum { tokens, usd, unpriced, cut, reported, .. } = self.sums().all;
        Today { tokens: tokens.total(), usd, unpriced, reported, cut, budget: self.budget }
    }

    fn of(&mut self, repo: &str) -> Used {
        self.sums().repositories.get(repo).copied().unwrap_or_default()
    }

    /// The budget that is used up for runs of this repository.
    pub(super) fn reached(&mut self, now: Timestamp, repo: &str, repository: Budget) -> Option<BudgetReached> {
        self.turn(now);
        self.refresh();
        let own = repository.reached(self.of(repo)).map(|used| BudgetReached { of: BudgetOf::Repository, used });
        let budget = self.budget;
        let of_all = || {
            let all = self.sums().all;
            Some(BudgetReached { of: BudgetOf::Day, used: budget.reached_with(all.used(), all.at_most)? })
        };
        own.or_else(of_all)
    }

    /// A budget of which four fifths are used, once a day.
    pub(super) fn warning(&mut self, repo: &str, repository: Budget) -> Option<BudgetWarned> {
        let (of_repo, budget) = (self.of(repo), self.budget);
        let DaySums { all, warned, .. } = self.sums();
        let own = repository.nearly(of_repo).filter(|_| !warned.contains(&Some(repo.to_owned())));
        if let Some(used) = own {
            warned.insert(Some(repo.to_owned()));
            return Some(BudgetWarned { of: BudgetOf::Repository, used });
        }
        let used = budget.nearly(all.used()).filter(|_| !warned.contains(&None))?;
        warned.insert(None);
        Some(BudgetWarned { of: BudgetOf::Day, used })
    }
}

impl DaySums {
    fn add(&mut self, repo: &str, spent: &Spent) {
        self.all.add(spent);
        *self.repositories.entry(repo.to_owned()).or_default() += spent.used();
    }
}

/// A clock may have been set back by so much.
const QUARTERS_OF_TWO_DAYS: i64 = 2 * 96;

fn date(at: Timestamp) -> jiff::civil::Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date()
}

/// The first quarter of an hour of a day here.
fn first_quarter(date: jiff::civil::Date) -> i64 {
    let midnight = date.to_zoned(jiff::tz::TimeZone::system());
    midnight.map_or(i64::MAX, |at| at.timestamp().as_millisecond().div_euclid(QUARTER_MS))
}

#[cfg(test)]
mod tests {
    use domain::money::Usd;

    use super::*;

    #[test]
    fn a_jumping_clock_loses_no_day() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let tomorrow = Timestamp::from_millis(1_795_000_000_000 + 86_400_000);
        let mut day = Day::new("/nowhere/config.toml".into(), now);
        let usd = |cents: u64| Sum { usd: Usd::from_pico(cents * 10_000_000_000), ..Sum::default() };
        day.add(now, "/r", &usd(40));
        day.add(tomorrow, "/r", &usd(3));
        assert_eq!(day.today(tomorrow).usd, usd(3).usd);
        assert_eq!(day.today(now).usd, usd(40).usd);
        let limit = Budget { usd: Some(usd(40).usd), tokens: None };
        assert!(day.reached(now, "/r", limit).is_some() && day.reached(tomorrow, "/r", limit).is_none());
    }
}
