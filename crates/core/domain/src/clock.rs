//! Moments as a person reads them: by the clock where they sit. Programs get them in UTC, as [`Timestamp`] writes them.

use crate::timestamp::Timestamp;

/// The moment by a clock that is `offset` seconds ahead of UTC: `15:52:58`, and on another day than `now`
/// `2026-11-20 15:52:58`.
pub fn by_clock(at: Timestamp, now: Timestamp, offset: i32) -> String {
    let there =
        |at: Timestamp| Timestamp::from_millis(at.as_millis().saturating_add(i64::from(offset) * 1000)).to_string();
    let (at, now) = (there(at), there(now));
    let parts = |text: &str| Some((text.get(..10)?.to_owned(), text.get(11..19)?.to_owned()));
    match (parts(&at), parts(&now)) {
        (Some((day, time)), Some((today, _))) if day == today => time,
        (Some((day, time)), _) => format!("{day} {time}"),
        _ => at,
    }
}

/// As [`by_clock`], without the seconds.
pub fn minute_by_clock(at: Timestamp, now: Timestamp, offset: i32) -> String {
    let text = by_clock(at, now, offset);
    text.rsplit_once(':').map_or(text.clone(), |(minute, _)| minute.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_today_has_its_date() {
        let now = Timestamp::from_millis(1_795_189_978_668);
        let hours = |n: i64| Timestamp::from_millis(now.as_millis() + n * 3_600_000);
        assert_eq!(by_clock(now, now, 0), "15:52:58");
        assert_eq!(by_clock(now, now, 9 * 3600), "00:52:58");
        assert_eq!(by_clock(hours(-16), now, 0), "2026-11-19 23:52:58");
        assert_eq!(by_clock(hours(-16), now, 3600), "00:52:58", "the day is that of the clock");
        assert_eq!(minute_by_clock(now, now, -3600), "14:52");
        assert_eq!(minute_by_clock(hours(24), now, 0), "2026-11-21 15:52");
    }
}
