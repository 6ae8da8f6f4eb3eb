//! Waiting for a named condition instead of sleeping.

use std::time::{Duration, Instant};

/// How long a condition may take; far longer than any should, since machines are slow at times.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until `look` returns something.
///
/// # Panics
/// After a minute, with what was waited for and what there was instead.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) if began.elapsed() > PATIENCE => panic!("waited for {what}; instead: {instead}"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
