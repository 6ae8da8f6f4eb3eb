//! The terminal the cockpit draws on: taking it, giving it back, and what comes from it.

mod keys;
mod meaning;
mod sequence;
mod typed;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, queue};

use crate::model::TuiError;
use keys::KeyReader;

/// Bytes that a whole frame of a large screen stays below, so that it is written at once.
const FRAME: usize = 256 << 10;

/// Presses, drags and the wheel, but no mere motion: over a slow line that would be all there is.
pub(crate) const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h";
pub(crate) const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1003l\u{1b}[?1002l\u{1b}[?1000l";

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

    /// Takes the terminal: keys come one by one from now on.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn take(&mut self) -> io::Result<()>;

    /// Gives the terminal back as it was.
    fn give(&mut self);

    /// The next key, paste or change of size; `None` when the terminal is gone.
    fn event(&mut self) -> impl Future<Output = Option<io::Result<Event>>>;
}

/// Writes what switches a terminal over to the cockpit.
pub(crate) fn enter(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        out.write_all(MOUSE_ON.as_bytes())?;
    }
    out.flush()
}

/// Writes what gives the terminal back, whatever was switched on.
pub(crate) fn leave(out: &mut impl Write) -> io::Result<()> {
    out.write_all(MOUSE_OFF.as_bytes())?;
    queue!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show)?;
    out.flush()
}

/// The person's own terminal; dropping it gives it back.
pub(crate) struct Tty {
    keys: Option<KeyReader>,
    /// The terminal was drawn on, so that there is something to give back.
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
            let keys = KeyReader::on(keyboard()?)?;
            if self.taken {
                // Where it can't be forgotten it is heard, as what comes later is.
                let _forgotten: io::Result<()> = keys.forget();
            }
            self.keys = Some(keys);
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
            Some(keys) => Some(keys.next().await),
            None => std::future::pending().await,
        }
    }
}

/// Opens the terminal that keys come from, also where the standard input is something else.
fn keyboard() -> io::Result<OwnedFd> {
    if stdin().is_terminal() { stdin().as_fd().try_clone_to_owned() } else { Ok(File::open("/dev/tty")?.into()) }
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
