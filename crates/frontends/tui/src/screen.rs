//! The frames on a console: drawn on change, written at once.

use std::io::{self, Write};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::console::{Console, MOUSE_OFF, MOUSE_ON, enter, leave};
use crate::effect::Modes;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::theme::Theme;
use crate::{overlays, screens};

pub(crate) struct Screen<C: Console> {
    pub(crate) console: C,
    terminal: Quiet<C::Out>,
    out: C::Out,
    mouse: bool,
    /// The window has another title than it had before.
    titled: bool,
    /// The modes that an agent's own terminal asks of this one.
    modes: Modes,
}

/// A terminal that is dropped without a word. By itself it tells on standard error when it can't show the cursor any more,
/// and where the terminal is gone that panics, which would keep whoever holds it from clearing up.
struct Quiet<W: Write>(Option<Terminal<CrosstermBackend<W>>>);

impl<W: Write> Drop for Quiet<W> {
    fn drop(&mut self) {
        if let Some(mut terminal) = self.0.take()
            && terminal.show_cursor().is_err()
        {
            std::mem::forget(terminal);
        }
    }
}

/// The window's title is kept, and comes back (xterm's stack of titles).
const TITLE_KEPT: &str = "\u{1b}[22;2t";
const TITLE_BACK: &str = "\u{1b}[23;2t";

impl<C: Console> Drop for Screen<C> {
    fn drop(&mut self) {
        // A window that is gone has no title.
        let _given: io::Result<()> = self.give_back();
    }
}

impl<C: Console> Screen<C> {
    pub(crate) fn take(mut console: C, mouse: bool) -> io::Result<Self> {
        let size = console.size()?;
        console.take()?;
        let mut out = console.out();
        enter(&mut out, mouse)?;
        let terminal = terminal(&console, size)?;
        Ok(Self { console, terminal, out, mouse, titled: false, modes: Modes::default() })
    }

    /// Gives the terminal to something else for a while.
    pub(crate) fn give(&mut self) -> io::Result<()> {
        self.give_back()?;
        leave(&mut self.out)?;
        self.console.give();
        Ok(())
    }

    /// Takes the terminal back, whatever stands on it now.
    pub(crate) fn retake(&mut self) -> io::Result<(u16, u16)> {
        self.console.take()?;
        enter(&mut self.out, self.mouse)?;
        self.write(&changes(Modes::default(), self.modes))?;
        self.redraw()
    }

    /// Forgets what stands on the screen; the next frame is drawn whole.
    pub(crate) fn redraw(&mut self) -> io::Result<(u16, u16)> {
        let size = self.console.size()?;
        self.resize(size)?;
        Ok(size)
    }

    pub(crate) fn resize(&mut self, size: (u16, u16)) -> io::Result<()> {
        self.terminal = terminal(&self.console, size)?;
        self.out.write_all(b"\x1b[0m\x1b[2J")?;
        self.out.flush()
    }

    pub(crate) fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        self.write(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Gives the window a title, or the one that it had.
    pub(crate) fn title(&mut self, title: Option<&str>) -> io::Result<()> {
        let kept = if self.titled { "" } else { TITLE_KEPT };
        match title {
            Some(title) => {
                self.titled = true;
                self.write(&format!("{kept}\u{1b}]2;{title}\u{7}"))
            }
            None if self.titled => {
                self.titled = false;
                self.write(TITLE_BACK)
            }
            None => Ok(()),
        }
    }

    pub(crate) fn set_modes(&mut self, modes: Modes) -> io::Result<()> {
        // The mouse is the person's where they said so.
        let modes = Modes { motion: modes.motion && self.mouse, ..modes };
        let changes = changes(self.modes, modes);
        self.modes = modes;
        self.write(&changes)
    }

    /// Undoes what was done to the window beside its mouse and its screen.
    fn give_back(&mut self) -> io::Result<()> {
        self.write(&changes(self.modes, Modes::default()))?;
        self.title(None)
    }

    /// Writes something that is no frame.
    pub(crate) fn write(&mut self, bytes: &str) -> io::Result<()> {
        self.out.write_all(bytes.as_bytes())?;
        self.out.flush()
    }

    pub(crate) fn draw(&mut self, model: &Model, keymap: &Keymap, theme: &Theme) -> io::Result<()> {
        if let Some(terminal) = &mut self.terminal.0 {
            terminal.draw(|frame| draw(model, keymap, theme, frame))?;
        }
        Ok(())
    }
}

/// Returns the sequences that change a terminal's modes.
fn changes(from: Modes, to: Modes) -> String {
    let mut changes = String::new();
    if from.apart != to.apart {
        // Kitty's keyboard protocol: told apart, or as ever.
        changes.push_str(if to.apart { "\u{1b}[=1;1u" } else { "\u{1b}[=0;1u" });
    }
    if from.focus != to.focus {
        changes.push_str(if to.focus { "\u{1b}[?1004h" } else { "\u{1b}[?1004l" });
    }
    if from.motion != to.motion {
        // Without motion a terminal tells of nothing, until it is told what else it is to tell of.
        changes.push_str(if to.motion { "\u{1b}[?1003h" } else { "\u{1b}[?1003l\u{1b}[?1000h\u{1b}[?1002h" });
    }
    if from.cursor != to.cursor {
        changes.push_str(&format!("\u{1b}[{} q", to.cursor));
    }
    changes
}

/// The size is told by the console, so the terminal never asks the process's own.
fn terminal<C: Console>(console: &C, (columns, rows): (u16, u16)) -> io::Result<Quiet<C::Out>> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    let terminal = Terminal::with_options(CrosstermBackend::new(console.out()), TerminalOptions { viewport })?;
    Ok(Quiet(Some(terminal)))
}

/// Draws one frame.
pub(crate) fn draw(model: &Model, keymap: &Keymap, theme: &Theme, frame: &mut ratatui::Frame<'_>) {
    match &model.attached {
        Some(attached) => screens::attach::draw(attached, keymap, theme, frame),
        None => {
            screens::runs::draw(model, keymap, theme, frame);
            overlays::draw(model, keymap, theme, frame);
        }
    }
    model.glyphs.settle(frame.buffer_mut());
}
