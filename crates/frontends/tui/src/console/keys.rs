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
use tokio::time::{Instant, sleep_until};

use super::typed::TypedInput;

/// Bytes read at once.
const PIECE: usize = 4096;

pub(super) struct KeyReader {
    terminal: AsyncFd<OwnedFd>,
    resized: Signal,
    typed: TypedInput,
    /// Keys that came together with the one before.
    waiting: VecDeque<Event>,
}

impl KeyReader {
    /// Listens on a terminal; whoever else reads from it gets what does not come here.
    pub(super) fn on(own: OwnedFd) -> io::Result<Self> {
        #[expect(unsafe_code, reason = "tokio can't know that a descriptor is owned and stays what it is")]
        // SAFETY: `own` is a valid descriptor that nobody else knows, closes or replaces before it is dropped with this.
        let terminal = unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) }?;
        let resized = signal(SignalKind::window_change())?;
        Ok(Self { terminal, resized, typed: TypedInput::new(Instant::now()), waiting: VecDeque::new() })
    }

    /// Forgets what was typed and not yet read. It was meant for whoever had the terminal before, as are the answers to
    /// what that program asked the terminal.
    pub(super) fn forget(&self) -> io::Result<()> {
        Ok(rustix::termios::tcflush(self.terminal.get_ref(), rustix::termios::QueueSelector::IFlush)?)
    }

    /// The next key, paste or change of size; an error when the terminal is gone.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            let gives_up_at = self.typed.gives_up_at();
            tokio::select! {
                ready = self.terminal.readable() => {
                    // It stays ready until a look finds that there is nothing.
                    if let Ok(read) = ready?.try_io(|terminal| read(terminal.get_ref())) {
                        self.waiting.extend(self.typed.take(&read?, Instant::now()));
                    }
                }
                () = sleep_until(gives_up_at.unwrap_or_else(Instant::now)), if gives_up_at.is_some() => {
                    // What came in time and was not read in time has come in time.
                    let events = match read(self.terminal.get_ref()) {
                        Ok(bytes) => self.typed.take(&bytes, Instant::now()),
                        Err(nothing) if nothing.kind() == io::ErrorKind::WouldBlock => self.typed.give_up(Instant::now()),
                        Err(error) => return Err(error),
                    };
                    self.waiting.extend(events);
                }
                _ = self.resized.recv() => {
                    let (columns, rows) = terminal::size()?;
                    return Ok(Event::Resize(columns, rows));
                }
            }
        }
    }
}

/// Reads the bytes that are there now. The descriptor is shared with whoever started the cockpit, so it is polled
/// before it is read instead of being made non-blocking.
fn read(terminal: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut fds = [PollFd::from_borrowed_fd(terminal.as_fd(), PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    if rustix::io::retry_on_intr(|| poll(&mut fds, Some(&at_once)))? == 0 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let mut bytes = vec![0; PIECE];
    let len = rustix::io::retry_on_intr(|| rustix::io::read(terminal, &mut bytes[..]))?;
    if len == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(len);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crossterm::event::KeyCode;

    use super::*;

    #[tokio::test]
    async fn keys_read_together_are_all_heard() {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let mut keys = KeyReader::on(reader.into()).expect("it can be listened on");
        writer.write_all(b"jk\x1b[Aq").expect("room");
        for wanted in [KeyCode::Char('j'), KeyCode::Char('k'), KeyCode::Up, KeyCode::Char('q')] {
            let event = keys.next().await.expect("a key");
            assert_eq!(event.as_key_event().map(|key| key.code), Some(wanted));
        }
        drop(writer);
        let end = keys.next().await.expect_err("the terminal is gone");
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn a_lone_escape_is_heard() {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let mut keys = KeyReader::on(reader.into()).expect("it can be listened on");
        writer.write_all(b"\x1b]11;rgb:3030/3434/4646\x07\x1b").expect("room");
        let event = keys.next().await.expect("a key");
        assert_eq!(event.as_key_event().map(|key| key.code), Some(KeyCode::Esc));
    }
}
