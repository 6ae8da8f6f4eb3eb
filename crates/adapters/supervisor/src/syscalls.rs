//! Calls of Linux that rustix has no word for.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// `SO_PEERPIDFD` (asm-generic/socket.h), since Linux 6.5.
const SO_PEERPIDFD: libc::c_int = 77;
/// `PIDFD_SIGNAL_PROCESS_GROUP` (linux/pidfd.h), since Linux 6.9.
const WHOLE_GROUP: libc::c_uint = 1 << 2;

/// The process number and the user at the other end of a Unix socket, as they were when it was connected (unix(7)). The
/// number is 0 for a process of a pid namespace that can't be seen from here.
pub(crate) fn peer_credentials(socket: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    let found: libc::ucred = option(socket, libc::SO_PEERCRED)?;
    Ok((found.pid.try_into().unwrap_or(0), found.uid))
}

/// A handle on the process that connected, also when its number is another's by now; `None` where the kernel is too old for it.
///
/// # Errors
/// When it has ended and was waited for.
pub(crate) fn peer_handle(socket: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
    match option::<RawFd>(socket, SO_PEERPIDFD) {
        #[expect(unsafe_code, reason = "the kernel has just made this descriptor for nobody else")]
        // SAFETY: as the reason says.
        Ok(fd) => Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) })),
        Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An option of a socket; `T` must be what the kernel fills in for it.
fn option<T: Copy>(socket: BorrowedFd<'_>, name: libc::c_int) -> io::Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut len = libc::socklen_t::try_from(size_of::<T>()).unwrap_or(0);
    #[expect(unsafe_code, reason = "getsockopt(2) with a buffer of the size that it is told")]
    // SAFETY: the kernel writes at most `len` bytes, and both types that are asked for are plain numbers.
    unsafe {
        let told =
            libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, name, value.as_mut_ptr().cast(), &raw mut len);
        if told == 0 { Ok(value.assume_init()) } else { Err(io::Error::last_os_error()) }
    }
}

/// A descriptor that is readable when a child has ended; the signal itself no longer interrupts this process.
pub(crate) fn child_ends() -> io::Result<OwnedFd> {
    #[expect(unsafe_code, reason = "sigset_t is made by sigemptyset(3), and the descriptor is nobody else's")]
    // SAFETY: as the reason says; the process has one thread, whose mask is the process's.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        let blocked = libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
        let fd = libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if blocked == 0 && fd >= 0 { Ok(OwnedFd::from_raw_fd(fd)) } else { Err(io::Error::last_os_error()) }
    }
}

/// Sends a signal to the whole process group of a process; `false` where that can't be done.
pub(crate) fn signal_group(process: BorrowedFd<'_>, signal: rustix::process::Signal) -> bool {
    let nothing = std::ptr::null::<libc::siginfo_t>();
    #[expect(unsafe_code, reason = "pidfd_send_signal(2) with no information to read")]
    // SAFETY: the descriptor is open, and no memory is handed over.
    let sent = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal.as_raw(), nothing, WHOLE_GROUP)
    };
    sent == 0
}
