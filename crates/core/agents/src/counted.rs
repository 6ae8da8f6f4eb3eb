//! What was counted of an agent's work, model by model.

use std::collections::BTreeMap;

use domain::event::UsageReported;
use domain::tokens::{Amount, Tokens};

/// Amounts by the names of models; what nobody named is under the empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TokensByModel(pub(crate) BTreeMap<String, Amount>);

impl TokensByModel {
    pub(crate) fn take_up(&mut self, usage: &UsageReported) {
        let model = usage.model.as_deref().map_or("", plain_name);
        self.add(model, Amount { tokens: usage.tokens, cache_write_1h: usage.cache_write_1h });
    }

    pub(crate) fn add(&mut self, model: &str, amount: Amount) {
        let own = self.0.entry(model.to_owned()).or_default();
        *own = own.plus(amount);
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(model, amount)| self.add(model, *amount));
    }

    pub(crate) fn total(&self) -> Tokens {
        let mut sum = Tokens::default();
        self.0.values().for_each(|amount| sum += amount.tokens);
        sum
    }

    /// The amounts of those models that `other` has too.
    pub(crate) fn of_models_in(&self, other: &Self) -> Self {
        let known = |name: &String| other.0.keys().any(|model| is_same(name, model));
        Self(self.0.iter().filter(|(name, _)| known(name)).map(|(name, of)| (name.clone(), *of)).collect())
    }

    /// The amounts that go beyond those of `counted`, model by model. Never negative: what was reported once stays.
    pub(crate) fn beyond(&self, counted: &Self) -> Self {
        let mut rest = self.clone();
        // A provider may answer in another name than the one that it was asked for, and what it used is counted once.
        let mut elsewhere = Amount::default();
        for (model, amount) in &counted.0 {
            match rest.0.iter_mut().find(|(name, _)| is_same(name, model)) {
                Some((_, left)) => *left = left.less(*amount),
                None => elsewhere = elsewhere.plus(*amount),
            }
        }
        for left in rest.0.values_mut() {
            (*left, elsewhere) = (left.less(elsewhere), elsewhere.less(*left));
        }
        rest.0.retain(|_, left| left.tokens != Tokens::default());
        rest
    }
}

/// A model's name without what Claude Code adds of the size of its window.
pub(crate) fn plain_name(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

/// Whether two names are of one model: one of them may have a date behind it.
fn is_same(one: &str, other: &str) -> bool {
    let dated = |long: &str, short: &str| {
        !short.is_empty() && long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with("-20"))
    };
    dated(one, other) || dated(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(of: &[(&str, u64, u64)]) -> TokensByModel {
        let mut counted = TokensByModel::default();
        for (model, input, output) in of {
            let tokens = Tokens { input: *input, output: *output, ..Tokens::default() };
            counted.add(model, Amount { tokens, cache_write_1h: 0 });
        }
        counted
    }

    #[test]
    fn what_is_left_is_told_per_model() {
        let whole = counted(&[("opus", 100, 50), ("haiku", 7, 3)]);
        assert_eq!(whole.beyond(&counted(&[("opus", 100, 1)])), counted(&[("opus", 0, 49), ("haiku", 7, 3)]));
        assert_eq!(whole.beyond(&whole), TokensByModel::default());
        assert_eq!(whole.beyond(&counted(&[("opus", 120, 1)])), counted(&[("opus", 0, 49), ("haiku", 7, 3)]));
    }

    #[test]
    fn other_names_of_a_model_count_once() {
        let whole = counted(&[("claude-haiku-4-5-20251001", 7, 3), ("gateway/opus", 100, 50)]);
        let told = counted(&[("claude-haiku-4-5", 7, 1), ("claude-opus-4-8", 100, 1), ("", 0, 1)]);
        assert_eq!(whole.beyond(&told), counted(&[("gateway/opus", 0, 50)]));
    }
}
