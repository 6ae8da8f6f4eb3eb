//! The terminal the cockpit draws on: taking it, giving it back, and what comes from it.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdout};
use std::thread::JoinHandle;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event, EventStream};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, queue};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};

use crate::model::TuiError;

/// Bytes that a whole frame of a large screen stays below, so that it is written at once.
const FRAME: usize = 256 << 10;

/// Presses, drags and the wheel, but no mere motion: over a slow line that would be all there is.
pub(crate) const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h";
pub(crate) const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l";

/// A terminal, or what stands for one in tests.
pub trait Console {
    type Out: Write;

    /// Where frames are written to.
    fn out(&self) -> Self::Out;

    /// Columns and rows.
    ///
    /// # Errors
    /// When they can't be told.
    fn size(&self) -> io::Result<(u16, u16)>;

    /// Keys come one by one from now on.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn take(&mut self) -> io::Result<()>;

    /// The terminal is again as it was.
    fn give(&mut self);

    /// The next key, paste or change of size; `None` when the terminal is gone.
    fn event(&mut self) -> impl Future<Output = Option<io::Result<Event>>>;
}

/// What is written when the cockpit takes a terminal.
pub(crate) fn enter(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        out.write_all(MOUSE_ON.as_bytes())?;
    }
    out.flush()
}

/// What is written when it gives the terminal back, whatever was switched on.
pub(crate) fn leave(out: &mut impl Write) -> io::Result<()> {
    out.write_all(MOUSE_OFF.as_bytes())?;
    queue!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)?;
    out.flush()
}

/// The person's own terminal; dropping it gives it back.
pub(crate) struct Tty {
    keys: Option<Keys>,
    /// It was drawn on, so that there is something to give back.
    taken: bool,
}

impl Tty {
    /// # Errors
    /// When there is no terminal, or none that can be drawn on.
    pub(crate) fn open(term: &str) -> Result<Self, TuiError> {
        if !stdout().is_terminal() {
            return Err(TuiError::NoTerminal("this is no terminal"));
        }
        if term == "dumb" {
            return Err(TuiError::NoTerminal("TERM=dumb is a terminal that can't be drawn on"));
        }
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
        Ok(Self { keys: None, taken: false })
    }
}

impl Console for Tty {
    type Out = BufWriter<Stdout>;

    fn out(&self) -> Self::Out {
        BufWriter::with_capacity(FRAME, stdout())
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        terminal::size()
    }

    fn take(&mut self) -> io::Result<()> {
        // Whoever had the terminal meanwhile may have left it in another mode than it is remembered in.
        disable_raw_mode()?;
        enable_raw_mode()?;
        // One that reads already goes on: keys it has heard would be lost with it.
        if self.keys.is_none() {
            self.keys = Some(Keys::read()?);
        }
        self.taken = true;
        Ok(())
    }

    fn give(&mut self) {
        // Whoever gets the terminal now is to get its keys too.
        self.keys = None;
        let _cooked = disable_raw_mode();
    }

    async fn event(&mut self) -> Option<io::Result<Event>> {
        match &mut self.keys {
            Some(keys) => keys.events.recv().await,
            None => std::future::pending().await,
        }
    }
}

/// The terminal's keys, read in a thread of their own, so that nothing else the cockpit waits for polls that stream.
struct Keys {
    events: mpsc::UnboundedReceiver<io::Result<Event>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    fn read() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, mut stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
            runtime.block_on(async {
                let mut stream = EventStream::new();
                loop {
                    let event = tokio::select! {
                        event = stream.next() => event,
                        _ = &mut stopped => return,
                    };
                    let over = !matches!(event, Some(Ok(_)));
                    let heard = event.is_some_and(|event| sender.send(event).is_ok());
                    if over || !heard {
                        return;
                    }
                }
            });
        })?;
        Ok(Self { events, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // Whoever gets the terminal next must not lose a key to this thread.
        let _over = self.stop.take().map(|stop| stop.send(()));
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if self.taken {
            restore();
        }
    }
}

fn restore() {
    // A terminal that is gone needs no restoring.
    let _left: io::Result<()> = leave(&mut stdout());
    let _cooked = disable_raw_mode();
}
