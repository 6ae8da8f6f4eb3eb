//! A point in time in whole milliseconds, written as RFC 3339 UTC; it comes in as a value because core has no clock.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since the Unix epoch, shown as `2026-11-20T15:52:58.668Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last millisecond that RFC 3339 can write with four digits of year.
    const MAX_MS: i64 = 253_402_207_199_999;

    /// `ms` since the Unix epoch; clamped to what can be written.
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.clamp(-62_135_596_800_000, Self::MAX_MS))
    }

    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this; 0 when the clock went backwards.
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Hours, minutes and seconds of the day in UTC.
    pub fn time_of_day(self) -> (u8, u8, u8) {
        let second = self.0.div_euclid(1000).rem_euclid(86_400);
        let part = |n: i64| u8::try_from(n).unwrap_or(0);
        (part(second / 3600), part(second / 60 % 60), part(second % 60))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => f.write_str("—"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let at: jiff::Timestamp = text.parse().map_err(de::Error::custom)?;
        Ok(Self::from_millis(at.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_written_with_three_digits() {
        let at = Timestamp::from_millis(1_795_189_978_668);
        assert_eq!(at.to_string(), "2026-11-20T15:52:58.668Z");
        let json = serde_json::to_string(&at).expect("a timestamp is text");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).expect("its own text"), at);
        assert_eq!(Timestamp::from_millis(1_795_189_978_000).to_string(), "2026-11-20T15:52:58.000Z");
        assert_eq!(at.time_of_day(), (15, 52, 58));
    }

    #[test]
    fn time_that_went_backwards_counts_as_none() {
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), 0);
    }
}
