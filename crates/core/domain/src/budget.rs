//! What may be used: in tokens, in money, of one run, of a day, of a repository.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::figures;
use crate::money::Usd;

/// A limit in tokens, in money, or in both; where both are set the first one that is reached counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
}

/// Tokens and money that were used, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Used {
    pub tokens: u64,
    pub usd: Usd,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetOf {
    Run,
    /// All runs of one repository in a day.
    Repository,
    /// All runs in a day.
    Day,
}

/// Parts of a hundred at which a person is warned.
const WARN_AT: u64 = 80;

impl Budget {
    pub const NONE: Self = Self { tokens: None, usd: None };

    /// As a person types it: `0.50`, `$5`, `2M tokens`, `none`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "none" {
            return Some(Self::NONE);
        }
        if let Some(count) = text.strip_suffix("tokens") {
            return figures::read_count(count).filter(|n| *n > 0).map(|n| Self { tokens: Some(n), usd: None });
        }
        Usd::parse(text).map(|usd| Self { usd: Some(usd), tokens: None })
    }

    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The limit that `used` has reached, with the figures, in words; `None` while none is.
    pub fn reached(&self, used: Used) -> Option<String> {
        self.beyond(used, 100)
    }

    /// The same for figures of which `at_most` is an upper bound and not measured.
    pub fn reached_with(&self, used: Used, at_most: Used) -> Option<String> {
        Some(format!("{}{}", self.reached(used)?, self.in_part(at_most)))
    }

    /// How much of a figure is an upper bound, in words that stand behind it; empty where all of it was measured.
    fn in_part(&self, at_most: Used) -> String {
        let tokens =
            self.tokens.filter(|_| at_most.tokens > 0).map(|_| format!("{} tokens", figures::count(at_most.tokens)));
        let money = self.usd.filter(|_| at_most.usd > Usd::default()).map(|_| at_most.usd.to_string());
        let parts: Vec<_> = money.into_iter().chain(tokens).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" (up to {} of it for answers that were cut off)", parts.join(" and "))
        }
    }

    /// The same where four fifths of a limit are used.
    pub fn nearly(&self, used: Used) -> Option<String> {
        self.beyond(used, WARN_AT)
    }

    fn beyond(&self, used: Used, percent: u64) -> Option<String> {
        let money = self.usd.filter(|limit| used.usd >= limit.part(percent, 100));
        let tokens =
            self.tokens.filter(|limit| u128::from(used.tokens) * 100 >= u128::from(*limit) * u128::from(percent));
        match (money, tokens) {
            (Some(limit), _) => Some(format!("{} of {limit}", used.usd)),
            (None, Some(limit)) => Some(format!("{} of {} tokens", figures::count(used.tokens), figures::count(limit))),
            (None, None) => None,
        }
    }

    /// As much again as `asked`, from what is used on.
    pub fn again(asked: Self, used: Used) -> Self {
        Self {
            tokens: asked.tokens.map(|tokens| used.tokens.saturating_add(tokens)),
            usd: asked.usd.map(|usd| used.usd + usd),
        }
    }

    /// Each limit the stricter one of the two.
    pub fn stricter(self, other: Self) -> Self {
        fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        Self { tokens: least(self.tokens, other.tokens), usd: least(self.usd, other.usd) }
    }
}

/// `$5.00`, `2M tokens`, or both.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.tokens.map(|n| format!("{} tokens", figures::count(n)));
        let parts: Vec<_> = self.usd.map(|usd| usd.to_string()).into_iter().chain(tokens).collect();
        if parts.is_empty() { f.write_str("no limit") } else { f.write_str(&parts.join(" or ")) }
    }
}

impl BudgetOf {
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Repository => "repository",
            Self::Day => "day",
        }
    }
}

impl Used {
    pub const NOTHING: Self = Self { tokens: 0, usd: Usd::ZERO };

    pub fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// The rest after `other` is taken away, never below nothing.
    pub fn less(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_sub(other.tokens), usd: self.usd.less(other.usd) }
    }
}

impl std::ops::AddAssign for Used {
    fn add_assign(&mut self, other: Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.usd += other.usd;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(tokens: u64, usd: f64) -> Used {
        Used { tokens, usd: Usd::new(usd).expect("an amount") }
    }

    #[test]
    fn the_first_limit_reached_is_named() {
        let both = Budget { tokens: Some(1000), usd: Usd::new(0.5) };
        assert_eq!(both.reached(used(999, 0.49)), None);
        assert_eq!(both.reached(used(1000, 0.1)).as_deref(), Some("1k of 1k tokens"));
        assert_eq!(both.reached(used(10, 0.5)).as_deref(), Some("$0.50 of $0.50"));
        assert_eq!(both.nearly(used(10, 0.39)), None);
        assert_eq!(both.nearly(used(10, 0.4)).as_deref(), Some("$0.40 of $0.50"));
        assert_eq!(Budget::NONE.reached(used(u64::MAX, 1e6)), None);
    }

    #[test]
    fn budgets_are_read_as_money_or_tokens() {
        let usd = |usd| Some(Budget { usd: Usd::new(usd), tokens: None });
        let parse = Budget::parse;
        assert_eq!((parse("5"), parse("$0.50"), parse("none")), (usd(5.0), usd(0.5), Some(Budget::NONE)));
        assert_eq!(parse("2M tokens"), Some(Budget { usd: None, tokens: Some(2_000_000) }));
        for text in ["", "0", "-1", "tokens", "0 tokens", "five", "5 EUR"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_stricter_limit_holds() {
        let own = Budget { tokens: Some(10), usd: None };
        let other = Budget { tokens: Some(20), usd: Usd::new(1.0) };
        assert_eq!(own.stricter(other), Budget { tokens: Some(10), usd: Usd::new(1.0) });
        assert_eq!(Budget::again(own, used(15, 0.0)), Budget { tokens: Some(25), usd: None });
    }
}
