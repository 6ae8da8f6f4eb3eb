//! What a program wrote to its standard error last, which is often the only reason that it gave.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes at the end of the file that are looked through.
const END: u64 = 8 << 10;
/// The longest line that is told, in characters.
const LONGEST: usize = 300;

/// Returns the last line of the file that says something; `None` where there is none.
pub(super) fn of(path: &Path) -> Option<String> {
    let mut file = evidence::open_plain(path).ok()?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(END))).ok()?;
    let mut end = Vec::new();
    file.take(END).read_to_end(&mut end).ok()?;
    last_line(&String::from_utf8_lossy(&end))
}

fn last_line(text: &str) -> Option<String> {
    let plain = domain::text::block(text);
    let lines = || plain.lines().rev().filter(|line| !line.trim().is_empty());
    // Below the reason stand where it happened, and the version of what runs it.
    let is_reason = |line: &&str| !line.starts_with([' ', '\t', '}']) && !line.starts_with("Node.js v");
    let line = lines().find(is_reason).or_else(|| lines().next())?.trim();
    Some(match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some((at, _)) => format!("{}…", &line[..at]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_telling_line_gives_the_reason() {
        let told = |text: &str| last_line(text);
        assert_eq!(
            told("a\nError: token has expired. Run /login\n\n").as_deref(),
            Some("Error: token has expired. Run /login")
        );
        let node = "x.js:1\nthrow\nError: boom\n    at main (x.js:1)\n\nNode.js v20.1.0\n";
        assert_eq!(told(node).as_deref(), Some("Error: boom"));
        assert_eq!(told(" \n"), None);
        assert_eq!(told(&"x".repeat(400)).map(|line| line.chars().count()), Some(301));
    }
}
