//! Keys are waited for by the thread that draws: one that waits in its stead is one more that must be given a
//! processor before a key is heard.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crossterm::event::Event;
use crossterm::terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::typed::Typed;

/// Bytes read at once.
const PIECE: usize = 4096;

pub(super) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    resized: Signal,
    typed: Typed,
    /// Keys that came together with the one before.
    waiting: VecDeque<Event>,
}

impl Keys {
    /// Listens on a terminal; whoever else reads from it gets what does not come here.
    pub(super) fn on(own: OwnedFd) -> io::Result<Self> {
        #[expect(unsafe_code, reason = "tokio can't know that a descriptor is owned and stays what it is")]
        // SAFETY: `own` is a valid descriptor that nobody else knows, closes or replaces before it is dropped with this.
        let terminal = unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) }?;
        let resized = signal(SignalKind::window_change())?;
        Ok(Self { terminal, resized, typed: Typed::default(), waiting: VecDeque::new() })
    }

    /// The next key, paste or change of size; an error when the terminal is gone.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            tokio::select! {
                ready = self.terminal.readable() => {
                    // It stays ready until a look finds that there is nothing.
                    if let Ok(read) = ready?.try_io(|terminal| read(terminal.get_ref())) {
                        let (bytes, more) = read?;
                        self.waiting.extend(self.typed.take(&bytes, more));
                    }
                }
                _ = self.resized.recv() => {
                    let (columns, rows) = terminal::size()?;
                    return Ok(Event::Resize(columns, rows));
                }
            }
        }
    }
}

/// What is there now, and whether there is more of it. The descriptor is shared with whoever started the cockpit, so
/// it is looked at before it is read instead of being made one that never waits.
fn read(terminal: &OwnedFd) -> io::Result<(Vec<u8>, bool)> {
    if !has_more(terminal)? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let mut bytes = vec![0; PIECE];
    let len = rustix::io::retry_on_intr(|| rustix::io::read(terminal, &mut bytes[..]))?;
    if len == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(len);
    Ok((bytes, len == PIECE && has_more(terminal)?))
}

fn has_more(terminal: &OwnedFd) -> io::Result<bool> {
    let mut fds = [PollFd::from_borrowed_fd(terminal.as_fd(), PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(rustix::io::retry_on_intr(|| poll(&mut fds, Some(&at_once)))? > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crossterm::event::KeyCode;

    use super::*;

    #[tokio::test]
    async fn keys_that_come_together_are_all_heard_and_then_the_end() {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let mut keys = Keys::on(reader.into()).expect("it can be listened on");
        writer.write_all(b"jk\x1b[Aq").expect("room");
        for wanted in [KeyCode::Char('j'), KeyCode::Char('k'), KeyCode::Up, KeyCode::Char('q')] {
            let event = keys.next().await.expect("a key");
            assert_eq!(event.as_key_event().map(|key| key.code), Some(wanted));
        }
        drop(writer);
        let end = keys.next().await.expect_err("the terminal is gone");
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }
}
