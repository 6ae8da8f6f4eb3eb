//! Which pilothouse this is.

/// The version with the commit that it was built from, where that is known: `0.1.0 (4f2c91e0a)`.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("PILOTHOUSE_COMMIT_NOTE"));

/// The commit that pilothouse was built from; `None` where nobody knows.
pub(crate) fn commit() -> Option<&'static str> {
    Some(env!("PILOTHOUSE_COMMIT")).filter(|commit| !commit.is_empty())
}
