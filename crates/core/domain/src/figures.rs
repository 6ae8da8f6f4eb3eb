//! Figures as people read them, short enough for a column.

use crate::timestamp::Timestamp;

/// The sign for a figure that is not known.
pub const UNKNOWN: &str = "—";
/// The sign where there is nothing to know; no dash, which many fonts draw like that of the unknown.
pub const NONE: &str = "·";

/// The first `n` of some names, and how many more there are: `a, b and 3 more`.
pub fn first_of(names: &[String], n: usize) -> String {
    let named = names.iter().take(n).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(n) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// How many processes of a run live, as a sentence.
pub fn living(n: usize) -> String {
    if n == 1 { "1 process of it lives".to_owned() } else { format!("{n} processes of it live") }
}

/// A count in at most four characters: `999`, `12k`, `1.2M`, `340M`.
pub fn count(n: u64) -> String {
    scaled(n, 1000, &["", "k", "M", "G", "T"])
}

/// A count as a person types it: `1500`, `12k`, `1.5M`; `None` for anything else.
pub fn read_count(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, scale) = match text.char_indices().next_back()? {
        (at, 'k' | 'K') => (&text[..at], 1_000),
        (at, 'm' | 'M') => (&text[..at], 1_000_000),
        (at, 'g' | 'G') => (&text[..at], 1_000_000_000),
        _ => (text, 1),
    };
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 9 || (scale == 1 && !part.is_empty()) {
        return None;
    }
    let part: u64 = format!("{part:0<9}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part.checked_mul(scale / 10)? / 100_000_000)
}

/// Bytes in at most four characters, in powers of 1024: `840M`, `1.2G`.
pub fn bytes(n: u64) -> String {
    scaled(n, 1024, &["B", "K", "M", "G", "T", "P"])
}

fn scaled(n: u64, base: u64, units: &[&str]) -> String {
    let mut unit = 0;
    let mut whole = n;
    let mut rest = 0;
    while whole >= 1000 && unit + 1 < units.len() {
        rest = whole % base;
        whole /= base;
        unit += 1;
    }
    let tenth = (rest * 10 + base / 2) / base;
    if unit > 0 && tenth == 10 && whole < 10 {
        format!("{}{}", whole + 1, units[unit])
    } else if unit > 0 && whole < 10 && tenth > 0 {
        format!("{whole}.{tenth}{}", units[unit])
    } else {
        format!("{whole}{}", units[unit])
    }
}

/// Hundredths as the share that they are: `0.35`.
pub fn share(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A span in whole minutes as at most three characters: `<1m`, `4m`, `59m`, `3h`, `12d`.
pub fn span(ms: u64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0 => "<1m".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1440 => format!("{}h", minutes / 60),
        _ => format!("{}d", (minutes / 1440).min(999)),
    }
}

/// The span from `from` to `to`, or unknown.
pub fn span_between(from: Option<Timestamp>, to: Timestamp) -> String {
    from.map_or_else(|| UNKNOWN.to_owned(), |from| span(to.since(from)))
}

/// Lines as `+12-3`, in thousands from 10,000 on.
pub fn lines(added: u64, removed: u64) -> String {
    let short = |n: u64| if n < 10_000 { n.to_string() } else { count(n) };
    format!("+{}-{}", short(added), short(removed))
}

/// A span in seconds with a tenth, from two minutes on in minutes: `0.3s`, `84.0s`, `12m05s`.
pub fn seconds(ms: u64) -> String {
    match ms / 1000 {
        0..120 => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
        seconds => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

/// Money as `$1.92`, below ten cents as `$0.042`, below a tenth of a cent as `<$0.001`.
pub fn money(usd: f64) -> String {
    match usd {
        _ if usd > 0.0 && usd < 0.0005 => "<$0.001".to_owned(),
        _ if usd > 0.0 && usd < 0.0995 => format!("${usd:.3}"),
        _ => format!("${usd:.2}"),
    }
}

/// Returns an amount with so many digits after the point; never "nothing" for what is something.
pub fn money_with(usd: f64, digits: usize) -> String {
    let smallest = 10_f64.powi(-i32::try_from(digits).unwrap_or(0));
    if usd > 0.0 && usd < smallest / 2.0 {
        return format!("<${}", format!("{smallest:.digits$}").trim_start_matches('0'));
    }
    format!("${usd:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_shown_as_nothing() {
        let all = |usd| [2, 1, 0].map(|digits| money_with(usd, digits));
        assert_eq!(all(0.0462), ["$0.05", "<$.1", "<$1"]);
        assert_eq!(all(0.0), ["$0.00", "$0.0", "$0"]);
        assert_eq!(all(12.345), ["$12.35", "$12.3", "$12"]);
    }

    #[test]
    fn typed_counts_are_read_and_nothing_else() {
        for (text, n) in [("0", 0), ("1500", 1_500), ("12k", 12_000), ("1.5M", 1_500_000), (" 2 m", 2_000_000)] {
            assert_eq!(read_count(text), Some(n), "{text}");
        }
        for text in ["", "k", "-1", "$5", "1.5", "1.2.3k", "99999999999999999999", "five"] {
            assert_eq!(read_count(text), None, "{text}");
        }
    }

    #[test]
    fn figures_fit_their_columns() {
        for (n, short) in [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1234, "1.2k"),
            (12_345, "12k"),
            (999_999, "999k"),
            (1_234_567, "1.2M"),
            (340_000_000, "340M"),
        ] {
            assert_eq!(count(n), short);
        }
        for (n, short) in
            [(0, "0B"), (999, "999B"), (1023, "1K"), (1024, "1K"), (880_803_840, "840M"), (1_288_490_189, "1.2G")]
        {
            assert_eq!(bytes(n), short);
        }
        for (ms, short) in
            [(0, "<1m"), (59_999, "<1m"), (60_000, "1m"), (3_599_000, "59m"), (3_600_000, "1h"), (86_400_000, "1d")]
        {
            assert_eq!(span(ms), short);
        }
        for (ms, short) in [(0, "0.0s"), (349, "0.3s"), (84_000, "84.0s"), (725_000, "12m05s")] {
            assert_eq!(seconds(ms), short);
        }
        for (usd, short) in
            [(0.0, "$0.00"), (0.0001, "<$0.001"), (0.012, "$0.012"), (0.0996, "$0.10"), (12.0, "$12.00")]
        {
            assert_eq!(money(usd), short);
        }
        assert_eq!([0, 7, 35, 100].map(share), ["0.00", "0.07", "0.35", "1.00"]);
        assert_eq!(lines(88, 12), "+88-12");
        assert_eq!(lines(12_000, 3), "+12k-3");
        assert!([u64::MAX, 1_000_000_000_000].iter().all(|n| count(*n).len() <= 9));
    }
}
