//! Spans of time as people write them.

/// Milliseconds of `90s`, `30m`, `6h` or `2d`.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let (at, unit) = text.char_indices().next_back()?;
    let scale: u64 = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    text[..at].trim().parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        assert_eq!(milliseconds("90s"), Some(90_000));
        assert_eq!(milliseconds("6 h"), Some(21_600_000));
        for text in ["", "6", "h", "-1h", "1w", "1.5h"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
