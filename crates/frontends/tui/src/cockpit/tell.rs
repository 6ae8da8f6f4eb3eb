//! What is for the person's own terminal and is no frame, written as terminals know it: the cockpit's copies, and what an
//! agent's own terminal says.

use std::io;

use crate::console::Console;
use crate::effect::Tell;
use crate::notify;
use crate::screen::Screen;

/// Puts a text on the clipboard.
pub(super) fn copy<C: Console>(screen: &mut Screen<C>, text: String, tmux: bool) -> io::Result<()> {
    let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
    let mut sequence = String::new();
    crossterm::Command::write_ansi(&copy, &mut sequence).map_err(io::Error::other)?;
    pass_copy(screen, &sequence, tmux)
}

/// Writes what an agent's terminal says. It was cleaned and bounded where it was heard.
pub(super) fn tell<C: Console>(screen: &mut Screen<C>, told: Tell, tmux: bool) -> io::Result<()> {
    match told {
        Tell::Bell => screen.write("\u{7}"),
        Tell::Title(title) => screen.title(title.as_deref()),
        Tell::Copy(copied) => {
            let which = if copied.primary { 'p' } else { 'c' };
            pass_copy(screen, &format!("\u{1b}]52;{which};{}\u{7}", copied.base64), tmux)
        }
        Tell::Modes(modes) => screen.set_modes(modes),
    }
}

/// Writes a sequence for the clipboard plainly, which tmux takes when it keeps a clipboard itself, and then wrapped,
/// which tmux passes on when it may.
fn pass_copy<C: Console>(screen: &mut Screen<C>, sequence: &str, tmux: bool) -> io::Result<()> {
    let passed = if tmux { notify::through(sequence, true) } else { String::new() };
    screen.write(&format!("{sequence}{passed}"))
}
