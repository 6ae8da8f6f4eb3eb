//! What all runs used today, by this machine's clock, and the budget of a day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use domain::Timestamp;
use domain::budget::{Budget, BudgetOf, Used};
use domain::event::{BudgetReached, BudgetWarned};
use domain::spend::{QUARTER_MS, Sum};
use protocol::Today;

use super::runs::Runs;

/// The sums of one day.
pub(super) struct Day {
    config: PathBuf,
    read: Option<SystemTime>,
    budget: Budget,
    date: jiff::civil::Date,
    all: Sum,
    repositories: BTreeMap<String, Used>,
    /// Budgets that were warned of today; the day's own has no repository.
    warned: BTreeSet<Option<String>>,
    /// When the settings were last looked at.
    looked: Option<Instant>,
    /// Another budget was read than there was.
    changed: bool,
}

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
            all: Sum::default(),
            repositories: BTreeMap::new(),
            warned: BTreeSet::new(),
            looked: None,
            changed: false,
        }
    }

    /// Sums up what the runs used today.
    pub(super) fn sum_up(&mut self, runs: &Runs, now: Timestamp) {
        self.date = date(now);
        self.all = Sum::default();
        self.repositories.clear();
        let first = first_quarter(self.date);
        for (row, spend) in runs.spend() {
            for spent in spend.iter().filter(|spent| spent.quarter >= first) {
                self.all.add(spent);
                *self.repositories.entry(row.repo.clone()).or_default() += spent.used();
            }
        }
        self.refresh();
    }

    pub(super) fn add(&mut self, now: Timestamp, repo: &str, more: &Sum) {
        self.turn(now);
        self.all += *more;
        *self.repositories.entry(repo.to_owned()).or_default() += more.used();
        self.refresh();
    }

    fn turn(&mut self, now: Timestamp) {
        let date = date(now);
        if date != self.date {
            self.date = date;
            self.all = Sum::default();
            self.repositories.clear();
            self.warned.clear();
        }
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
        match crate::prepare::user_settings(&self.config) {
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
        let Sum { tokens, usd, unpriced, cut, reported, .. } = self.all;
        Today { tokens: tokens.total(), usd, unpriced, reported, cut, budget: self.budget }
    }

    fn of(&self, repo: &str) -> Used {
        self.repositories.get(repo).copied().unwrap_or_default()
    }

    /// The budget that is used up for runs of this repository.
    pub(super) fn reached(&mut self, now: Timestamp, repo: &str, repository: Budget) -> Option<BudgetReached> {
        self.turn(now);
        self.refresh();
        let own = repository.reached(self.of(repo)).map(|used| BudgetReached { of: BudgetOf::Repository, used });
        own.or_else(|| Some(BudgetReached { of: BudgetOf::Day, used: self.budget.reached(self.all.used())? }))
    }

    /// A budget of which four fifths are used, once a day.
    pub(super) fn warning(&mut self, repo: &str, repository: Budget) -> Option<BudgetWarned> {
        let own = repository.nearly(self.of(repo)).filter(|_| !self.warned.contains(&Some(repo.to_owned())));
        if let Some(used) = own {
            self.warned.insert(Some(repo.to_owned()));
            return Some(BudgetWarned { of: BudgetOf::Repository, used });
        }
        let used = self.budget.nearly(self.all.used()).filter(|_| !self.warned.contains(&None))?;
        self.warned.insert(None);
        Some(BudgetWarned { of: BudgetOf::Day, used })
    }
}

fn date(at: Timestamp) -> jiff::civil::Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date()
}

/// The first quarter of an hour of a day here.
fn first_quarter(date: jiff::civil::Date) -> i64 {
    let midnight = date.to_zoned(jiff::tz::TimeZone::system());
    midnight.map_or(i64::MAX, |at| at.timestamp().as_millisecond().div_euclid(QUARTER_MS))
}
