//! Makes text from agents, branches and files harmless before anyone draws or prints it.
//!
//! Prose and output lose what steers a terminal ([`line()`], [`block`]); what somebody decides on, a change, a command or a
//! file's name, keeps all of it to be seen ([`shown`], [`ShownText`]). Which signs are hidden is decided in `text/sign.rs` alone.

mod sign;

use sign::invisible;
pub use sign::{ShownText, Signs, shown};

/// Where a scan stands inside a terminal control sequence (ECMA-48 §5.4, xterm's string sequences).
#[derive(Clone, Copy, PartialEq)]
enum Scan {
    Text,
    Escape,
    Intermediate,
    Csi,
    StringSequence,
    StringEscape,
}

/// A line of printable text: control sequences removed, tabs and line ends as single spaces, invisible signs as
/// `<U+202E>`.
pub fn line(text: &str) -> String {
    strip(text, |c| matches!(c, '\n' | '\r' | '\t').then_some(' '))
}

/// How what stands instead of a secret begins; the rule's name follows.
pub const MASKED: &str = "[masked: ";

/// The first digits of a commit's or a tree's id, enough to tell it from others.
pub fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// Printable text that keeps its lines: as [`line()`], with tabs as four spaces.
pub fn block(text: &str) -> String {
    let kept = strip(text, |c| matches!(c, '\n' | '\t').then_some(c));
    kept.replace('\t', "    ")
}

fn strip(text: &str, keep: impl Fn(char) -> Option<char>) -> String {
    // Most text is plain, and a table is full of it.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut scan = Scan::Text;
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        scan = match (scan, c) {
            (Scan::StringEscape, '\\') => Scan::Text,
            (Scan::StringSequence, '\u{7}' | '\u{9c}' | '\n') => Scan::Text,
            (Scan::StringSequence, '\u{1b}') => Scan::StringEscape,
            (Scan::StringSequence, _) => Scan::StringSequence,
            (_, '\u{1b}') => Scan::Escape,
            (_, '\u{9b}') => Scan::Csi,
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => Scan::StringSequence,
            (Scan::Escape | Scan::StringEscape, '[') => Scan::Csi,
            (Scan::Escape | Scan::StringEscape, ']' | 'P' | 'X' | '^' | '_') => Scan::StringSequence,
            (Scan::Escape | Scan::StringEscape | Scan::Intermediate, ' '..='/') => Scan::Intermediate,
            (Scan::Escape | Scan::StringEscape | Scan::Intermediate, '0'..='~') => Scan::Text,
            (Scan::Csi, ' '..='?') => Scan::Csi,
            (Scan::Csi, '@'..='~') => Scan::Text,
            (_, c) => {
                if let Some(kept) = keep(c) {
                    out.push(kept);
                } else if !c.is_control() {
                    sign::put(&mut out, before, c, chars.peek().copied(), invisible);
                }
                before = c;
                Scan::Text
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_go_and_text_stays() {
        for (hostile, plain) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]52;c;aGk=\u{7}copied", "copied"),
            ("\u{1b}]0;title\u{1b}\\after", "after"),
            ("\u{1b}P1;2q…\u{1b}\\sixel", "sixel"),
            ("\u{9b}2Jc1", "c1"),
            ("\u{9d}8;;http://x\u{9c}link", "link"),
            ("\u{1b}(0line", "line"),
            ("a\u{202e}b\u{2066}c\u{200b}d", "a<U+202E>b<U+2066>c<U+200B>d"),
            ("\u{1f468}\u{200d}\u{1f467} \u{26a0}\u{fe0f} a\u{fe0f}", "\u{1f468}\u{1f467} \u{26a0}\u{fe0f} a<U+FE0F>"),
            ("bell\u{7}\u{8}\u{0}", "bell"),
            ("\u{1b}", ""),
            ("\u{1b}\u{1b}[2Jx", "x"),
            ("cut \u{1b}[12;", "cut "),
        ] {
            assert_eq!(line(hostile), plain, "{hostile:?}");
        }
    }

    #[test]
    fn only_a_block_keeps_its_lines() {
        assert_eq!(line("a\nb\tc\r"), "a b c ");
        assert_eq!(block("a\r\nb\tc"), "a\nb    c");
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        assert_eq!(block("\u{1b}]0;never ended\nnext"), "next");
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_comes_through(text in "\\PC*|[\\x00-\\x7f\u{80}-\u{9f}\u{202a}-\u{202e}]*") {
            let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}');
            proptest::prop_assert!(!line(&text).chars().any(steers));
            proptest::prop_assert!(!block(&text).chars().any(|c| c != '\n' && steers(c)));
            proptest::prop_assert!(!shown(&text).chars().any(steers));
        }
    }
}
