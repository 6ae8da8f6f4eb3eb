//! The daemon's log: one file in the state folder, kept from growing without end.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// When the log is larger than this at a daemon's start, it becomes `daemon.log.1`.
const LARGEST: u64 = 4 << 20;

/// Sends everything that is logged to `path`.
///
/// # Errors
/// When the file can't be opened.
pub(crate) fn to(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| meta.len() > LARGEST) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let subscriber =
        tracing_subscriber::fmt().with_writer(std::sync::Mutex::new(file)).with_ansi(false).with_target(false).finish();
    // A second subscriber is impossible: this is called once, first of all.
    let _set = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Sends everything that is logged to standard error, for a daemon in the foreground.
pub(crate) fn to_standard_error() {
    let subscriber = tracing_subscriber::fmt().with_writer(io::stderr).with_target(false).finish();
    // A second subscriber is impossible: this is called once, first of all.
    let _set = tracing::subscriber::set_global_default(subscriber);
}
