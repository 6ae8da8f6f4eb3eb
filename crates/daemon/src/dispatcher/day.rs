//! What all runs used today, by this machine's clock, and the budget of a day.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use domain::Timestamp;
use domain::budget::Budget;
use domain::event::{BudgetReached, BudgetWarned};
use domain::spend::{QUARTER_MS, Sum};
use fleet::SharedSpend;
use protocol::Today;

use super::runs::Runs;

/// The sums and budgets that all runs share today, by this machine's clock, with the budget that the person's settings have.
pub(super) struct Day {
    config: PathBuf,
    read: Option<SystemTime>,
    spend: SharedSpend,
    /// When the settings were last looked at.
    looked: Option<Instant>,
    /// Whether another budget was read than there was, until somebody asks.
    changed: bool,
}

/// Least time between two looks at the settings.
const LOOK: Duration = Duration::from_secs(1);

impl Day {
    /// Returns today with nothing summed up yet.
    pub(super) fn new(config: PathBuf, now: Timestamp) -> Self {
        Self { config, read: None, spend: SharedSpend::new(date(now)), looked: None, changed: false }
    }

    /// Sums up what the runs used today and on the days before and behind it.
    pub(super) fn sum_up(&mut self, runs: &Runs, now: Timestamp) {
        let today = date(now);
        self.spend.clear();
        let first = first_quarter(today) - QUARTERS_OF_TWO_DAYS;
        for (row, spend) in runs.spend() {
            for spent in spend.iter().filter(|spent| spent.quarter >= first) {
                let day = date(Timestamp::from_millis(spent.quarter.saturating_mul(QUARTER_MS)));
                self.spend.add_spent(day, &row.repo, spent);
            }
        }
        self.spend.turn_to(today);
        self.refresh();
    }

    pub(super) fn add(&mut self, now: Timestamp, repo: &str, more: &Sum) {
        self.spend.turn_to(date(now));
        self.spend.add(repo, more);
        self.refresh();
    }

    /// Reads the budget of a day, as the person's settings have it now.
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
            Ok(settings) => self.changed |= self.spend.set_budget(settings.day_budget.value),
            // Whoever starts a run is told; what was said before goes on to count.
            Err(error) => tracing::error!(%error, "the budget of the day"),
        }
    }

    pub(super) fn budget(&mut self, now: Timestamp) -> Budget {
        self.spend.turn_to(date(now));
        self.refresh();
        self.spend.budget()
    }

    /// Looks at the settings at once: a person may have changed them just now.
    pub(super) fn look_again(&mut self) {
        self.looked = None;
    }

    /// Whether the budget is another one since this was asked last.
    pub(super) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Returns the first quarter of an hour of the day that is summed up.
    pub(super) fn first_quarter(&self) -> i64 {
        first_quarter(self.spend.today())
    }

    /// Returns what clients show of it.
    pub(super) fn today(&mut self, now: Timestamp) -> Today {
        self.spend.turn_to(date(now));
        self.refresh();
        let Sum { tokens, usd, unpriced, cut, reported, .. } = self.spend.all();
        Today { tokens: tokens.total(), usd, unpriced, reported, cut, budget: self.spend.budget() }
    }

    /// Returns the budget that is used up for runs of this repository.
    pub(super) fn reached(&mut self, now: Timestamp, repo: &str, repository: Budget) -> Option<BudgetReached> {
        self.spend.turn_to(date(now));
        self.refresh();
        self.spend.reached(repo, repository)
    }

    /// Returns a budget of which four fifths are used, once a day.
    pub(super) fn warning(&mut self, repo: &str, repository: Budget) -> Option<BudgetWarned> {
        self.spend.warning(repo, repository)
    }
}

/// Quarters of an hour in two days, by which a clock may have been set back.
const QUARTERS_OF_TWO_DAYS: i64 = 2 * 96;

fn date(at: Timestamp) -> jiff::civil::Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date()
}

/// Returns the first quarter of an hour of a day in this machine's time zone.
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
