//! Numbers with what they count.

/// Returns `1 run`, `3 runs`.
pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
