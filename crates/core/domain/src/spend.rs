//! Where tokens and money went, small enough to keep for every run: by quarter of an hour, agent and model.

use serde::{Deserialize, Serialize};

use crate::budget::Used;
use crate::money::Usd;
use crate::timestamp::Timestamp;
use crate::tokens::Tokens;

/// Milliseconds of a quarter of an hour; every time zone's midnight falls on the border of one.
pub const QUARTER_MS: i64 = 900_000;

/// The use that one agent made of one model in one quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Quarters of an hour since 1970.
    pub quarter: i64,
    pub agent: String,
    /// The model that answered; `null` when nobody said.
    pub model: Option<String>,
    /// The gateway's own figures; else the agent's.
    pub metered: bool,
    /// Model calls; 0 for what an agent reports, which is not told by call.
    pub calls: u64,
    pub tokens: Tokens,
    /// The cost of those tokens that have a price.
    pub usd: Usd,
    /// Tokens without a known price, in all.
    pub unpriced: u64,
    /// Calls whose bill is not known to its end: the answer was cut.
    pub cut: u64,
    /// The upper bound of what those may cost beyond the figures above.
    #[serde(default, skip_serializing_if = "Used::is_nothing")]
    pub at_most: Used,
}

impl Spent {
    /// The amount that budgets count: the measured figures, and the upper bound where a bill is not known.
    pub fn used(&self) -> Used {
        used(self.tokens, self.usd, self.at_most)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.quarter == other.quarter
            && self.metered == other.metered
            && self.agent == other.agent
            && self.model == other.model
    }
}

fn used(tokens: Tokens, usd: Usd, at_most: Used) -> Used {
    let mut used = Used { tokens: tokens.total(), usd };
    used += at_most;
    used
}

/// The quarter of an hour that `at` lies in.
pub fn quarter(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(QUARTER_MS)
}

/// Adds to the cell that it belongs to, or makes one.
pub fn add(cells: &mut Vec<Spent>, spent: Spent) {
    // What comes next is mostly like what came last.
    match cells.iter_mut().rev().find(|cell| cell.is_like(&spent)) {
        Some(cell) => {
            cell.calls += spent.calls;
            cell.tokens += spent.tokens;
            cell.usd += spent.usd;
            cell.unpriced = cell.unpriced.saturating_add(spent.unpriced);
            cell.cut += spent.cut;
            cell.at_most += spent.at_most;
        }
        None => cells.push(spent),
    }
}

/// The sum of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    pub calls: u64,
    pub tokens: Tokens,
    pub usd: Usd,
    pub unpriced: u64,
    pub cut: u64,
    /// The upper bound of what cut calls may cost beyond that.
    pub at_most: Used,
    /// Whether some of it is what an agent reports.
    pub reported: bool,
}

impl Sum {
    pub fn add(&mut self, spent: &Spent) {
        self.calls += spent.calls;
        self.tokens += spent.tokens;
        self.usd += spent.usd;
        self.unpriced = self.unpriced.saturating_add(spent.unpriced);
        self.cut += spent.cut;
        self.at_most += spent.at_most;
        self.reported |= !spent.metered;
    }

    /// Returns the number of calls; `None` where an agent told tokens alone.
    pub fn known_calls(&self) -> Option<u64> {
        (self.calls > 0 || !self.reported).then_some(self.calls)
    }

    /// The cost, where every token has a price.
    pub fn cost(&self) -> Option<Usd> {
        (self.unpriced == 0).then_some(self.usd)
    }

    /// The amount that budgets count: the measured figures, and the upper bound where a bill is not known.
    pub fn used(&self) -> Used {
        used(self.tokens, self.usd, self.at_most)
    }

    /// The part that came since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let (now, then) = (self.tokens, before.tokens);
        Self {
            calls: self.calls.saturating_sub(before.calls),
            tokens: Tokens {
                input: now.input.saturating_sub(then.input),
                output: now.output.saturating_sub(then.output),
                cache_read: now.cache_read.saturating_sub(then.cache_read),
                cache_write: now.cache_write.saturating_sub(then.cache_write),
            },
            usd: self.usd.less(before.usd),
            unpriced: self.unpriced.saturating_sub(before.unpriced),
            cut: self.cut.saturating_sub(before.cut),
            at_most: self.at_most.less(before.at_most),
            reported: self.reported,
        }
    }
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens += other.tokens;
        self.usd += other.usd;
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
        self.cut += other.cut;
        self.at_most += other.at_most;
        self.reported |= other.reported;
    }
}

impl<'a> FromIterator<&'a Spent> for Sum {
    fn from_iter<I: IntoIterator<Item = &'a Spent>>(cells: I) -> Self {
        let mut sum = Self::default();
        for cell in cells {
            sum.add(cell);
        }
        sum
    }
}
