//! The use of all runs on each day, and the budgets that they share: that of the day and those of repositories.

use std::collections::{BTreeMap, BTreeSet};

use domain::budget::{Budget, BudgetOf, Used};
use domain::event::{BudgetReached, BudgetWarned};
use domain::spend::{Spent, Sum};
use jiff::civil::Date;

/// Days that are kept; a clock that jumps about makes no more of them.
const DAYS: usize = 32;

/// The sums of today, and of the days around it: a clock that is set forward and back finds each as it was.
#[derive(Debug)]
pub struct SharedSpend {
    budget: Budget,
    today: Date,
    days: BTreeMap<Date, DaySums>,
}

/// The sums of one day.
#[derive(Debug, Default)]
struct DaySums {
    all: Sum,
    repositories: BTreeMap<String, Used>,
    /// Budgets that were warned of; the day's own has no repository.
    warned: BTreeSet<Option<String>>,
}

impl SharedSpend {
    /// Returns the sums of nothing, without a budget.
    pub fn new(today: Date) -> Self {
        Self { budget: Budget::NONE, today, days: BTreeMap::new() }
    }

    /// Goes by this day from now on.
    pub fn turn_to(&mut self, today: Date) {
        self.today = today;
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }

    pub fn today(&self) -> Date {
        self.today
    }

    /// Forgets every sum, before all of them are made anew.
    pub fn clear(&mut self) {
        self.days.clear();
    }

    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// Sets the budget of a day; returns whether it is another than before.
    pub fn set_budget(&mut self, budget: Budget) -> bool {
        std::mem::replace(&mut self.budget, budget) != budget
    }

    /// Adds what a run of this repository used on that day.
    pub fn add_spent(&mut self, day: Date, repo: &str, spent: &Spent) {
        let sums = self.days.entry(day).or_default();
        sums.all.add(spent);
        *sums.repositories.entry(repo.to_owned()).or_default() += spent.used();
    }

    /// Adds what a run of this repository used just now.
    pub fn add(&mut self, repo: &str, more: &Sum) {
        let sums = self.sums();
        sums.all += *more;
        *sums.repositories.entry(repo.to_owned()).or_default() += more.used();
    }

    fn sums(&mut self) -> &mut DaySums {
        self.days.entry(self.today).or_default()
    }

    /// Returns what all runs used today.
    pub fn all(&mut self) -> Sum {
        self.sums().all
    }

    fn of(&mut self, repo: &str) -> Used {
        self.sums().repositories.get(repo).copied().unwrap_or_default()
    }

    /// Returns the budget that is used up for runs of this repository, whose own budget is `repository`.
    pub fn reached(&mut self, repo: &str, repository: Budget) -> Option<BudgetReached> {
        let own = repository.reached(self.of(repo)).map(|used| BudgetReached { of: BudgetOf::Repository, used });
        let budget = self.budget;
        let of_all = || {
            let all = self.sums().all;
            Some(BudgetReached { of: BudgetOf::Day, used: budget.reached_with(all.used(), all.at_most)? })
        };
        own.or_else(of_all)
    }

    /// Returns a budget of which four fifths are used, once a day.
    pub fn warning(&mut self, repo: &str, repository: Budget) -> Option<BudgetWarned> {
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
