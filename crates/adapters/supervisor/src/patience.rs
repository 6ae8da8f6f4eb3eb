//! Trying again what only failed because the machine was full for a moment: no process, no descriptor, no memory.

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

/// How long a call is tried again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first wait between two tries; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(20);

/// Does something until it works, fails for good, or has failed for want of room for five seconds; the error then says of
/// what there was too little. Blocks.
///
/// # Errors
/// The last one.
pub fn with_patience<T>(attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    try_for(PATIENCE, attempt)
}

fn try_for<T>(patience: Duration, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let (deadline, mut wait) = (Instant::now() + patience, FIRST);
    loop {
        match attempt() {
            Err(error) if lacks(&error).is_some() && Instant::now() < deadline => std::thread::sleep(wait),
            Err(error) => return Err(worded(error)),
            Ok(done) => return Ok(done),
        }
        wait *= 2;
    }
}

/// Returns the errno's name and the resource that ran out, where that is why the call failed.
fn lacks(error: &io::Error) -> Option<(&'static str, &'static str)> {
    Some(match Errno::from_io_error(error)? {
        Errno::AGAIN => ("EAGAIN", "no more processes or threads may be started here, see `ulimit -u` and pids.max"),
        Errno::NOMEM => ("ENOMEM", "there is no memory left"),
        Errno::MFILE => ("EMFILE", "this process may open no more files, see `ulimit -n`"),
        Errno::NFILE => ("ENFILE", "this machine may open no more files, see fs.file-max"),
        Errno::NOSPC => ("ENOSPC", "there is no space left"),
        _ => return None,
    })
}

/// The error with its name and what helps.
fn worded(error: io::Error) -> io::Error {
    match lacks(&error) {
        Some((name, why)) => io::Error::new(error.kind(), format!("{why} ({name}); end something, then try again")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_machine_is_tried_again() {
        let mut tries = 0;
        let done = with_patience(|| {
            tries += 1;
            if tries < 3 { Err(Errno::AGAIN.into()) } else { Ok(tries) }
        });
        assert_eq!(done.expect("there was room at last"), 3);
        tries = 0;
        let failed = with_patience(|| -> io::Result<()> {
            tries += 1;
            Err(Errno::NOENT.into())
        });
        assert_eq!((failed.expect_err("never").kind(), tries), (io::ErrorKind::NotFound, 1));
    }

    #[test]
    fn what_was_lacking_is_named() {
        for (errno, name) in [(Errno::AGAIN, "EAGAIN"), (Errno::MFILE, "EMFILE"), (Errno::NOMEM, "ENOMEM")] {
            let error = try_for(Duration::ZERO, || -> io::Result<()> { Err(errno.into()) }).expect_err("always");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
