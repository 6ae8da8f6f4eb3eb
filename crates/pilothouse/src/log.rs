//! The log of daemon and gateway: a file in the state folder that is kept from growing without end, or standard error.
//! Where it can't be written, what was to be logged is lost and nothing else: no log ends whoever writes it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::fmt::MakeWriter;

/// When the log is larger than this at a daemon's start, it becomes `daemon.log.1`.
const LARGEST: u64 = 4 << 20;

/// Sends everything that is logged to `path`, or nowhere where that is no file that can be written to.
pub(crate) fn to(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > LARGEST) {
        // It grows on where it can't be moved.
        let _stays = fs::rename(path, path.with_extension("log.1"));
    }
    send_to(LogFile { file: open(path).ok(), torn: AtomicBool::new(false) });
}

/// Opens a plain file to append to; anything else could make whoever logs wait, or lead elsewhere.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no plain file")),
    }
}

/// Sends everything that is logged to standard error, for a daemon in the foreground and for a gateway.
pub(crate) fn to_standard_error() {
    // No program that is started inherits it.
    let copy = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).ok();
    send_to(LogFile { file: copy.map(File::from), torn: AtomicBool::new(false) });
}

fn send_to(log: LogFile) {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log)
        .with_ansi(false)
        .with_target(false)
        // It would tell of errors by a print that panics where standard error can't be written either.
        .log_internal_errors(false)
        .finish();
    // A second subscriber is impossible: this is called once, first of all.
    let _set = tracing::subscriber::set_global_default(subscriber);
    std::panic::set_hook(Box::new(|panic| {
        let says = panic.payload_as_str().unwrap_or("it says nothing");
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(at, %backtrace, "panicked: {says}");
    }));
}

struct LogFile {
    file: Option<File>,
    /// The last line could not be written whole.
    torn: AtomicBool,
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(mut file) = self.file.as_ref() {
            let begin: &[u8] = if self.torn.load(Ordering::Relaxed) { b"\n" } else { b"" };
            let written = file.write_all(begin).and_then(|()| file.write_all(line));
            self.torn.store(written.is_err(), Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_file_is_a_log() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("fifo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .expect("a FIFO");
        fs::write(at("theirs"), "").expect("a file");
        std::os::unix::fs::symlink(at("theirs"), at("link")).expect("a link");
        for name in ["fifo", "link", "."] {
            assert!(open(&at(name)).is_err(), "{name}");
        }
        open(&at("log")).expect("a file of its own");
    }

    #[test]
    fn what_cannot_be_logged_is_lost() {
        // The one place that is always full.
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let log = LogFile { file: Some(full), torn: AtomicBool::new(false) };
        assert_eq!((&log).write(b"a line\n").expect("never"), 7);
        assert!(log.torn.load(Ordering::Relaxed));
        let none = LogFile { file: None, torn: AtomicBool::new(false) };
        (&none).write_all(b"a line\n").expect("never");
    }
}
