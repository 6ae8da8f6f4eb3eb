//! The ends of processes, which need not be children: one thread waits for all of them, however many there are.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use supervisor::Identity;

/// Time between two looks at a process for which there is no descriptor left.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes of the waiting thread's stack. It needs next to none, since what is called at an end hands its work on.
const STACK: usize = 256 << 10;

type OnEnd = Box<dyn FnOnce() + Send>;

struct Waiting {
    process: Identity,
    /// Descriptor that is readable when the process ends; `None` where there was none to be had.
    handle: Option<OwnedFd>,
    then: OnEnd,
}

/// The processes whose end is waited for.
#[derive(Clone)]
pub(crate) struct ProcessEnds {
    new: Arc<Mutex<Vec<(Identity, OnEnd)>>>,
    wake: Arc<OwnedFd>,
}

impl ProcessEnds {
    /// Starts the thread that waits.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn start() -> std::io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let ends = Self { new: Arc::default(), wake: Arc::new(wake) };
        let own = ends.clone();
        std::thread::Builder::new().name("ends".to_owned()).stack_size(STACK).spawn(move || own.wait())?;
        Ok(ends)
    }

    /// Calls `then` when this very process has ended. The call must be quick: the others wait for it.
    pub(crate) fn of(&self, process: Identity, then: impl FnOnce() + Send + 'static) {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).push((process, Box::new(then)));
        // A counter that is full is readable all the same.
        let _full = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
    }

    fn wait(&self) {
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            let new = std::mem::take(&mut *self.new.lock().unwrap_or_else(PoisonError::into_inner));
            waiting.extend(new.into_iter().map(|(process, then)| Waiting { process, handle: None, then }));
            for one in waiting.iter_mut().filter(|one| one.handle.is_none()) {
                one.handle = one.process.watched().unwrap_or_default();
            }
            // Those without a handle have ended, or no descriptor is left.
            let (open, ended): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|one| one.handle.is_some() || one.process.is_alive());
            waiting = open;
            for one in ended {
                (one.then)();
            }
            let timeout = waiting
                .iter()
                .any(|one| one.handle.is_none())
                .then(|| Timespec { tv_sec: LOOK.as_secs().cast_signed(), tv_nsec: LOOK.subsec_nanos().into() });
            let mut fds = vec![PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN)];
            let handles = waiting.iter().filter_map(|one| one.handle.as_ref());
            fds.extend(handles.map(|handle| PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN)));
            // An interruption only means looking again.
            let _woken = poll(&mut fds, timeout.as_ref());
            let mut over = fds.iter().skip(1).map(|fd| !fd.revents().is_empty()).collect::<Vec<_>>().into_iter();
            drop(fds);
            let _counted = rustix::io::read(&*self.wake, &mut [0u8; 8]);
            let (ended, open): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|one| one.handle.is_some() && over.next() == Some(true));
            waiting = open;
            for one in ended {
                (one.then)();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn each_end_is_told_once() {
        let ends = ProcessEnds::start().expect("a thread");
        let mut children: Vec<_> = (0..40).map(|_| Command::new("sleep").arg("300").spawn().expect("sleep")).collect();
        let (told, tells) = channel();
        for (n, child) in children.iter().enumerate() {
            let told = told.clone();
            let process = Identity::of(child.id()).expect("it lives");
            ends.of(process, move || told.send(n).expect("somebody listens"));
        }
        assert!(tells.try_recv().is_err(), "all of them live");
        for child in children.iter_mut().rev() {
            child.kill().expect("ours");
        }
        let mut ended: Vec<usize> =
            (0..40).map(|_| tells.recv_timeout(Duration::from_secs(30)).expect("an end")).collect();
        ended.sort_unstable();
        assert_eq!(ended, (0..40).collect::<Vec<_>>());
        // One that had ended before anyone asked.
        let gone = Identity { start_time: 1, ..Identity::of(std::process::id()).expect("this process") };
        ends.of(gone, move || told.send(40).expect("somebody listens"));
        assert_eq!(tells.recv_timeout(Duration::from_secs(30)), Ok(40));
        for child in &mut children {
            child.wait().expect("it was killed");
        }
    }
}
