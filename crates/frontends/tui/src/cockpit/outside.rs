//! Handing the terminal to the person's editor, and to their shell for a while.

use std::io;
use std::path::Path;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::editors::EditorTarget;
use crate::console::Console;
use crate::screen::Screen;

/// Opens the editor in `folder`; returns what went wrong in words.
pub(super) async fn editor<C: Console>(
    screen: &mut Screen<C>,
    editor: Option<&str>,
    folder: &Path,
    at: EditorTarget<'_>,
) -> io::Result<Option<String>> {
    let words = match shell_words::split(editor.unwrap_or("vi")) {
        Ok(words) if !words.is_empty() => words,
        _ => return Ok(Some(format!("$EDITOR can't be read as a command: {}", editor.unwrap_or_default()))),
    };
    // The keys that end the editor's own work are not for the cockpit.
    let _interrupts = [SignalKind::interrupt(), SignalKind::quit()].map(signal);
    screen.give()?;
    let ended = Command::new(&words[0]).args(&words[1..]).args(at.words(&words[0])).current_dir(folder).status().await;
    screen.retake()?;
    Ok(match ended {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{} ended with {status}", words[0])),
        Err(error) => Some(format!("{} can't be started ({error}); set VISUAL or EDITOR", words[0])),
    })
}

/// Has a browser show a page; returns whether it could be started. It goes on by itself.
pub(super) fn browse(browser: &str, url: &str) -> bool {
    let nothing = std::process::Stdio::null;
    Command::new(browser).arg(url).stdin(nothing()).stdout(nothing()).stderr(nothing()).process_group(0).spawn().is_ok()
}

/// Has a text edited; returns it as the editor left it, or what went wrong.
pub(super) async fn edit_text<C: Console>(
    screen: &mut Screen<C>,
    command: Option<&str>,
    text: &str,
) -> io::Result<Result<String, String>> {
    let made = tempfile::Builder::new().prefix("pilothouse-").tempdir().and_then(|folder| {
        let path = folder.path().join("task.md");
        std::fs::write(&path, text).map(|()| (folder, path))
    });
    let (folder, path) = match made {
        Ok(made) => made,
        Err(error) => return Ok(Err(format!("the text can't be put into a file: {error}"))),
    };
    if let Some(problem) =
        editor(screen, command, folder.path(), EditorTarget { file: Some("task.md"), line: None }).await?
    {
        return Ok(Err(problem));
    }
    Ok(std::fs::read_to_string(&path).map_err(|error| format!("the edited text can't be read: {error}")))
}

/// Stops as ctrl-z stops any program; goes on when the shell says so.
pub(super) fn suspend<C: Console>(screen: &mut Screen<C>) -> io::Result<()> {
    screen.give()?;
    // Where no shell waits for it the signal does nothing, and the cockpit is back at once.
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
    screen.retake()?;
    Ok(())
}
