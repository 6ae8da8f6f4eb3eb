//! Money in US dollars, exact in sums: prices of a token are far below what a cent can tell apart.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Pico-dollars (1e-12 USD) in one dollar; a price in USD per million tokens with six decimals is whole in them.
const PICO: f64 = 1e12;

/// An amount of at most 18 million USD, never negative. As JSON it is a number of USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(u64);

impl Usd {
    pub const ZERO: Self = Self(0);

    /// `pico` times 1e-12 USD.
    pub const fn from_pico(pico: u64) -> Self {
        Self(pico)
    }

    pub const fn as_pico(self) -> u64 {
        self.0
    }

    /// An amount of USD; `None` for what is negative, no number or too large.
    pub fn new(usd: f64) -> Option<Self> {
        let pico = usd * PICO;
        // The cast is exact enough: a double keeps every pico-dollar up to two thousand dollars.
        (usd.is_finite() && (0.0..=u64::MAX as f64).contains(&pico)).then(|| Self(pico.round() as u64))
    }

    pub fn as_f64(self) -> f64 {
        self.0 as f64 / PICO
    }

    /// `part` of `whole` of it, rounded down.
    pub fn part(self, part: u64, whole: u64) -> Self {
        let pico = u128::from(self.0) * u128::from(part) / u128::from(whole.max(1));
        Self(u64::try_from(pico).unwrap_or(u64::MAX))
    }

    /// The rest when `other` is taken away, at least nothing.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// An amount as a person types it: `5`, `0.50`, `$12`; `None` for anything else and for nothing at all.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.trim();
        let number = number.strip_prefix('$').unwrap_or(number);
        let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !number.is_empty();
        plain.then(|| number.parse().ok().and_then(Self::new)).flatten().filter(|usd| *usd > Self::ZERO)
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// As [`figures::money`](crate::figures::money).
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::figures::money(self.as_f64()))
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usd = f64::deserialize(deserializer)?;
        Self::new(usd).ok_or_else(|| de::Error::custom(format!("{usd} is no amount of USD")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive_json_and_sums_are_exact() {
        let tenth = Usd::new(0.1).expect("an amount");
        assert_eq!((0..10).map(|_| tenth).sum::<Usd>(), Usd::new(1.0).expect("an amount"));
        for pico in [0, 1, 117_934_250_000, 1_999_999_999_999_999] {
            let usd = Usd::from_pico(pico);
            let json = serde_json::to_string(&usd).expect("a number");
            assert_eq!(serde_json::from_str::<Usd>(&json).expect("its own"), usd, "{json}");
        }
        assert_eq!(serde_json::to_string(&Usd::from_pico(117_934_250_000)).expect("a number"), "0.11793425");
        assert!(serde_json::from_str::<Usd>("-1").is_err());
    }

    #[test]
    fn typed_amounts_are_read_and_nothing_else() {
        assert_eq!(Usd::parse("0.50"), Usd::new(0.5));
        assert_eq!(Usd::parse(" $12 "), Usd::new(12.0));
        for text in ["", "0", "-1", "1e9", "five", "1.2.3", "nan", "$"] {
            assert_eq!(Usd::parse(text), None, "{text}");
        }
    }

    #[test]
    fn large_amounts_divide_without_overflow() {
        assert_eq!(Usd::from_pico(u64::MAX).part(4, 5), Usd::from_pico(u64::MAX / 5 * 4));
    }
}
