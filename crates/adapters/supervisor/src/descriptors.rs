//! Leaving everything behind that a parent handed down: descriptors, terminal, working folder.

use std::fs::{self, File};
use std::io;
use std::os::fd::{BorrowedFd, RawFd};

/// Closes every descriptor above standard error that this process was started with. To be called
/// first of all, before anything of its own is open: a daemon that keeps its parent's pipe open
/// makes whoever reads that pipe wait for ever.
pub fn close_inherited() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
    let open: Vec<RawFd> = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        #[expect(unsafe_code, reason = "nothing in this process owns a descriptor yet")]
        // SAFETY: the number is that of a descriptor which was open a moment ago and which nobody owns.
        unsafe {
            // The listing's own descriptor is closed by now, and may not be closed again.
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(fd)).is_ok() {
                rustix::io::close(fd);
            }
        }
    }
}

/// Becomes the leader of a session of its own, in `/`, with nothing on standard input and output.
///
/// # Errors
/// When `/dev/null` can't be opened or put in place.
pub fn detach() -> io::Result<()> {
    // A session leader can't become one again, and needn't.
    let _already = rustix::process::setsid();
    rustix::process::chdir("/")?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(())
}
