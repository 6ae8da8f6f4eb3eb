//! How often a suite does what it does: a short form everywhere, more where someone asks for it.

/// `PILOTHOUSE_FAULT_ROUNDS`, or `short` when it is not set.
pub fn rounds(short: usize) -> usize {
    std::env::var("PILOTHOUSE_FAULT_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(short)
}
