//! What a program wants its person told: through the bell, the window's title, a notification, or the clipboard. All of it is
//! the word of whoever writes to the terminal, so it comes out in sizes and characters that can be passed on.

use crate::piece::{Control, Strings, TerminalPiece};

/// The characters of a text that are kept.
const LONGEST: usize = 200;
/// The characters of what may go on the clipboard, as base64.
const LONGEST_COPY: usize = 100_000;

/// A message of a program to its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    Bell,
    /// Empty: the title is nothing of its own any more.
    Title(String),
    /// The title is kept, to come back.
    TitleKept,
    TitleBack,
    Notice {
        title: String,
        body: String,
    },
    Copy(ClipboardText),
}

/// A text for the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipboardText {
    /// Whether the text is for what the middle button pastes.
    pub primary: bool,
    pub base64: String,
}

impl ClipboardText {
    /// How many bytes it stands for.
    pub fn size(&self) -> usize {
        self.base64.trim_end_matches('=').len() * 3 / 4
    }
}

/// Returns what a piece says to the person, if it says something.
pub fn told(piece: TerminalPiece<'_>) -> Option<Announcement> {
    match piece {
        TerminalPiece::Text(text) => text.contains(&0x07).then_some(Announcement::Bell),
        TerminalPiece::String { kind: Strings::Osc, text, .. } => {
            let text = std::str::from_utf8(text).ok()?;
            let (number, rest) = text.split_once(';')?;
            match number {
                "0" | "2" => Some(Announcement::Title(clean(rest))),
                // What begins with a number is a step of progress for ConEmu and others.
                "9" if rest.split(';').next().is_some_and(|first| first.parse::<u8>().is_err()) => {
                    notice(String::new(), clean(rest))
                }
                "777" => {
                    let (title, body) = rest.strip_prefix("notify;")?.split_once(';').unwrap_or((rest, ""));
                    notice(clean(title), clean(body))
                }
                "52" => copied(rest).map(Announcement::Copy),
                _ => None,
            }
        }
        TerminalPiece::Control(Control { private: None, between: [], last: b't', parameters, .. }) => {
            match parameters {
                b"22;0" | b"22;2" | b"22;0;0" | b"22;2;0" => Some(Announcement::TitleKept),
                b"23;0" | b"23;2" | b"23;0;0" | b"23;2;0" => Some(Announcement::TitleBack),
                _ => None,
            }
        }
        TerminalPiece::Escape(_) | TerminalPiece::Control(_) | TerminalPiece::String { .. } => None,
    }
}

fn notice(title: String, body: String) -> Option<Announcement> {
    (!title.is_empty() || !body.is_empty()).then_some(Announcement::Notice { title, body })
}

/// The text in one line without what steers a terminal or hides in it.
fn clean(text: &str) -> String {
    domain::text::line(text).chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// A text that is put on the clipboard; asking for what is on it, or emptying it, is nothing.
fn copied(rest: &str) -> Option<ClipboardText> {
    let (which, base64) = rest.split_once(';')?;
    let plain = base64.trim_end_matches('=');
    let fits = !plain.is_empty()
        && base64.len() <= LONGEST_COPY
        && base64.len() - plain.len() <= 2
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    fits.then(|| ClipboardText { primary: which == "p", base64: base64.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::piece::Splitter;

    fn all(written: &str) -> Vec<Announcement> {
        let mut said = Vec::new();
        Splitter::new(200_000).split(written.as_bytes(), |piece| said.extend(told(piece)));
        said
    }

    fn copy(primary: bool, base64: &str) -> Announcement {
        Announcement::Copy(ClipboardText { primary, base64: base64.to_owned() })
    }

    #[test]
    fn what_is_for_the_person_is_heard() {
        let notice = |title: &str, body: &str| Announcement::Notice { title: title.to_owned(), body: body.to_owned() };
        for (written, said) in [
            ("a\u{7}b", vec![Announcement::Bell]),
            ("\u{1b}]0;vim: a.rs\u{7}", vec![Announcement::Title("vim: a.rs".to_owned())]),
            ("\u{1b}]2;x\u{1b}\\", vec![Announcement::Title("x".to_owned())]),
            ("\u{1b}[22;0;0t\u{1b}[23;0;0t\u{1b}[18t", vec![Announcement::TitleKept, Announcement::TitleBack]),
            ("\u{1b}]9;done\u{7}", vec![notice("", "done")]),
            ("\u{1b}]9;4;1;50\u{7}", vec![]),
            ("\u{1b}]777;notify;Claude;waits;here\u{7}", vec![notice("Claude", "waits;here")]),
            ("\u{1b}]52;c;aGk=\u{7}", vec![copy(false, "aGk=")]),
            ("\u{1b}]52;p;aGk=\u{1b}\\", vec![copy(true, "aGk=")]),
            ("\u{1b}]52;c;?\u{7}\u{1b}]52;c;\u{7}\u{1b}]52;c;a\u{9b}b\u{7}\u{1b}]52;c;====\u{7}", vec![]),
            ("\u{1b}]8;;https://x.example\u{7}\u{1b}]11;?\u{7}\u{1b}]1337;File=:x\u{7}", vec![]),
        ] {
            assert_eq!(all(written), said, "{written:?}");
        }
    }

    #[test]
    fn hostile_text_is_bounded_and_harmless() {
        let Some(Announcement::Title(title)) = all("\u{1b}]0;a\u{9b}31m\u{202e}b\nc\u{7}").pop() else {
            panic!("no title")
        };
        assert!(title.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{title:?}");
        let long = format!("\u{1b}]0;{}\u{7}\u{1b}]52;c;{}\u{7}", "x".repeat(10_000), "x".repeat(150_000));
        assert_eq!(all(&long), [Announcement::Title("x".repeat(LONGEST))]);
    }
}
