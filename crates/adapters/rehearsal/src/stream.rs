//! What goes to standard error.

use std::io::Write;
use std::process::ExitCode;

/// Says what is wrong and returns the exit code for wrong usage.
pub(crate) fn usage_error(message: &str) -> ExitCode {
    // Without a standard error there is no one to tell.
    let _told = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(2)
}

/// Says why it can't go on and returns the exit code for that.
pub(crate) fn broken(error: &std::io::Error) -> ExitCode {
    let _told = writeln!(std::io::stderr(), "{error}");
    ExitCode::from(70)
}

/// Notes what went wrong beside the work.
pub(crate) fn note(error: &std::io::Error) {
    let _told = writeln!(std::io::stderr(), "{error}");
}
