//! What was used so far, by run, by repository and in all, so that a budget holds before anything else has heard of a call.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::budget::{BudgetOf, Used};
use domain::event::{BudgetReached, ModelCalled};

use crate::log;
use crate::pass::Pass;

/// Sums of calls; those of repositories and in all are of one day of this machine's time zone.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    day: String,
    all: Used,
    repositories: BTreeMap<String, Used>,
    runs: BTreeMap<String, Used>,
}

impl Ledger {
    /// Sums up what the runs below `home` used on `day` (`YYYY-MM-DD`).
    pub(crate) fn open(home: &Path, day: &str) -> Self {
        let mut ledger = Self { day: day.to_owned(), ..Self::default() };
        let runs = fs::read_dir(home.join("runs")).into_iter().flatten().flatten();
        for run in runs {
            let folder = run.path();
            // What was written to last on a day before has nothing of today.
            let written = fs::metadata(folder.join(domain::fold::CALLS)).and_then(|meta| meta.modified());
            let written = written.ok().and_then(|at| jiff::Timestamp::try_from(at).ok());
            let of = written.map(|at| day_of(domain::Timestamp::from_millis(at.as_millisecond())));
            if of.is_none_or(|of| of.as_str() < day) {
                continue;
            }
            let Ok(read) = log::read(&folder, 0) else { continue };
            let of_day = read.ended.iter().filter(|(_, call)| day_of(call.began_at) == day);
            let mut used = Used::default();
            of_day.for_each(|(_, call)| used += used_by(call));
            if used != Used::default() {
                ledger.all += used;
                *ledger.repositories.entry(repository(&folder)).or_default() += used;
            }
        }
        ledger
    }

    /// Adds to the sums of a run and its repository, on `day`.
    pub(crate) fn add(&mut self, day: &str, pass: &Pass, used: Used) {
        self.turn(day);
        self.of_run(pass);
        *self.runs.entry(pass.run.clone()).or_default() += used;
        // A call belongs to the day that it began in, which may be over.
        if self.day != day {
            return;
        }
        *self.repositories.entry(pass.repo.clone()).or_default() += used;
        self.all += used;
    }

    fn turn(&mut self, day: &str) {
        if self.day.as_str() < day {
            day.clone_into(&mut self.day);
            self.all = Used::default();
            self.repositories.clear();
        }
    }

    /// What a run used through gateways in all; read from its file when it is first asked for.
    fn of_run(&mut self, pass: &Pass) -> Used {
        *self.runs.entry(pass.run.clone()).or_insert_with(|| {
            let ended = log::read(&pass.folder, 0).unwrap_or_default().ended;
            ended.iter().fold(Used::default(), |mut sum, (_, call)| {
                sum += used_by(call);
                sum
            })
        })
    }

    /// The budget that a request of this pass would overrun; `None` when it may go on.
    pub(crate) fn over(&mut self, day: &str, pass: &Pass) -> Option<BudgetReached> {
        self.turn(day);
        let limits = &pass.limits;
        let mut run = self.of_run(pass);
        run += limits.beside;
        let repository = self.repositories.get(&pass.repo).copied().unwrap_or_default();
        let of_all = [(BudgetOf::Repository, limits.repository, repository), (BudgetOf::Day, limits.day, self.all)];
        let shared = of_all.into_iter().filter(|_| !limits.alone);
        let all = std::iter::once((BudgetOf::Run, limits.run, run)).chain(shared);
        all.into_iter().find_map(|(of, limit, used)| Some(BudgetReached { of, used: limit.reached(used)? }))
    }
}

/// What counts of one call.
pub(crate) fn used_by(call: &ModelCalled) -> Used {
    Used { tokens: call.tokens.map_or(0, |tokens| tokens.total()), usd: call.cost_usd.unwrap_or_default() }
}

/// The day, as `YYYY-MM-DD` in this machine's time zone.
pub(crate) fn day_of(at: domain::Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).date().to_string()
}

fn repository(run: &Path) -> String {
    let spec = fs::read(run.join("spec.json")).ok();
    let spec = spec.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    spec.and_then(|spec| spec["repo"].as_str().map(str::to_owned)).unwrap_or_default()
}
