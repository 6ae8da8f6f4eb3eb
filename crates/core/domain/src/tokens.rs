//! Tokens in exclusive buckets, so that sums are sums.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens of model calls. A token is in one bucket only; all figures are counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Input that was neither read from nor written to a cache.
    #[serde(default)]
    pub input: u64,
    #[serde(default)]
    pub output: u64,
    #[serde(default)]
    pub cache_read: u64,
    #[serde(default)]
    pub cache_write: u64,
}

impl Tokens {
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output).saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
    }
}

/// Tokens, and how many of `cache_write` are kept for an hour, which cost more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    pub tokens: Tokens,
    pub cache_write_1h: u64,
}

/// The use of one model; `model` is `None` where nothing says which model it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelUse {
    pub model: Option<String>,
    pub amount: Amount,
}

impl Amount {
    fn buckets(&mut self) -> [&mut u64; 5] {
        let Self { tokens: Tokens { input, output, cache_read, cache_write }, cache_write_1h } = self;
        [input, output, cache_read, cache_write, cache_write_1h]
    }

    fn each(mut self, mut other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        for (own, other) in self.buckets().into_iter().zip(other.buckets()) {
            *own = with(*own, *other);
        }
        self
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// The rest, bucket by bucket; never negative.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }
}

/// The bill of one answer whose figure is `whole`, by model, in several `steps`: compactions of its input, advisors
/// with a model of their own. The answer's own model comes first.
///
/// Some answers give the figure of their last step only, some the sum of their own model's, some that of all: each step is
/// counted once, and what the figure has beyond them is the answer's own.
pub fn billed(whole: ModelUse, steps: Vec<ModelUse>) -> Vec<ModelUse> {
    let (mut own, mut all) = (None, Amount::default());
    let mut others: Vec<ModelUse> = Vec::new();
    for step in steps {
        all = all.plus(step.amount);
        if step.model.is_none() || step.model == whole.model {
            own = Some(own.unwrap_or(Amount::default()).plus(step.amount));
        } else if let Some(same) = others.iter_mut().find(|other| other.model == step.model) {
            same.amount = same.amount.plus(step.amount);
        } else {
            others.push(step);
        }
    }
    let amount = match own {
        Some(own) if !others.is_empty() && whole.amount.tokens.total() >= all.tokens.total() => {
            own.plus(whole.amount.less(all))
        }
        own => whole.amount.each(own.unwrap_or_default(), u64::max),
    };
    others.insert(0, ModelUse { amount, ..whole });
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(model: Option<&str>, input: u64, output: u64) -> ModelUse {
        let amount = Amount { tokens: Tokens { input, output, ..Tokens::default() }, cache_write_1h: 0 };
        ModelUse { model: model.map(str::to_owned), amount }
    }

    #[test]
    fn steps_are_billed_only_once() {
        let answer = |input, output| used(Some("sonnet"), input, output);
        assert_eq!(billed(answer(5, 6), Vec::new()), [answer(5, 6)]);
        let compacted = vec![used(None, 180_000, 3_500), used(None, 23_000, 1_000)];
        assert_eq!(billed(answer(23_000, 1_000), compacted.clone()), [answer(203_000, 4_500)], "of the last step");
        assert_eq!(billed(answer(203_000, 4_500), compacted), [answer(203_000, 4_500)], "of all steps");
        let advisor = || used(Some("opus"), 159_419, 7_805);
        let advised = || vec![used(None, 1, 45), advisor(), used(Some("sonnet"), 1, 446)];
        for (input, output) in [(1, 446), (2, 491), (159_421, 8_296)] {
            assert_eq!(billed(answer(input, output), advised()), [answer(2, 491), advisor()], "{input}");
        }
        assert_eq!(billed(answer(2, 491), vec![advisor()]), [answer(2, 491), advisor()], "it tells of no other step");
    }
}
