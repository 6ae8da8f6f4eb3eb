//! Signs that nobody sees, or that look like others, and how each of them is written so that it is seen.

use std::collections::BTreeMap;
use std::ops::Range;

/// A tab: one that takes columns could be taken for spaces.
const TAB: &str = "→   ";
/// Kinds of signs that are named; the others are counted.
const NAMED: usize = 3;

/// A line of a text with every hidden sign in it written out, and where those stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownText {
    pub text: String,
    /// The places of written-out signs, in bytes of the text.
    pub signs: Vec<Range<usize>>,
}

impl ShownText {
    /// The text of a line, from which nothing is left out: not control sequences, not a line end inside it.
    pub fn of(text: &str) -> Self {
        // Most lines are plain.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Self { text: text.to_owned(), signs: Vec::new() };
        }
        let mut shown = Self { text: String::with_capacity(text.len()), signs: Vec::new() };
        let mut before = ' ';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let from = shown.text.len();
            if put(&mut shown.text, before, c, chars.peek().copied(), |c| invisible(c) || like_a_space(c)) {
                shown.signs.push(from..shown.text.len());
            }
            before = c;
        }
        shown
    }

    /// The line without its signs, with tabs as spaces: what it is known by, however its signs are written.
    pub fn without_signs(&self) -> String {
        let mut plain = String::with_capacity(self.text.len());
        let mut from = 0;
        for sign in &self.signs {
            plain.push_str(&self.text[from..sign.start]);
            if self.is_tab(sign) {
                plain.push_str("    ");
            }
            from = sign.end;
        }
        plain.push_str(&self.text[from..]);
        plain
    }

    fn is_tab(&self, sign: &Range<usize>) -> bool {
        &self.text[sign.clone()] == TAB
    }
}

/// Writes out every hidden sign in a line: `^[`, `<U+202E>`, tabs as `→`.
pub fn shown(text: &str) -> String {
    ShownText::of(text).text
}

/// The hidden signs of many lines, counted by kind. Tabs are none: they are seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signs(BTreeMap<String, usize>);

impl Signs {
    pub fn add(&mut self, line: &ShownText) {
        for sign in line.signs.iter().filter(|sign| !line.is_tab(sign)) {
            *self.0.entry(line.text[sign.clone()].to_owned()).or_default() += 1;
        }
    }

    /// Says which there are: `hidden signs: 2 <U+202E>, 1 ^[`; `None` where there is none.
    pub fn says(&self) -> Option<String> {
        let mut kinds: Vec<_> = self.0.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut parts: Vec<String> = kinds.iter().take(NAMED).map(|(sign, count)| format!("{count} {sign}")).collect();
        let others: usize = kinds.iter().skip(NAMED).map(|(_, count)| **count).sum();
        parts.extend((others > 0).then(|| format!("{others} others")));
        (!parts.is_empty()).then(|| format!("hidden signs: {}", parts.join(", ")))
    }
}

/// Puts `c` at the end of `out`, written out where `is_hidden` says that it is not seen. Returns whether it was written out.
pub(super) fn put(
    out: &mut String,
    before: char,
    c: char,
    next: Option<char>,
    is_hidden: impl Fn(char) -> bool,
) -> bool {
    // Emoji are made of these; they are seen in how it looks. Terminals don't agree on how wide a joined one is.
    match c {
        '\u{fe0e}' | '\u{fe0f}' if is_symbol(before) || next == Some('\u{20e3}') => {
            out.push(c);
            return false;
        }
        '\u{200d}' if (is_symbol(before) || before == '\u{fe0f}') && next.is_some_and(is_symbol) => return false,
        _ => {}
    }
    match c {
        '\t' => out.push_str(TAB),
        '\0'..='\u{1f}' | '\u{7f}' => {
            out.push('^');
            out.push(char::from(c as u8 ^ 0x40));
        }
        _ if c.is_control() || is_hidden(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
        _ => {
            out.push(c);
            return false;
        }
    }
    true
}

/// Whether a sign takes no place or moves others: Unicode's Default_Ignorable_Code_Point, bidirectional controls, line
/// separators, interlinear marks. Control characters are not among them.
pub(super) fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}')
        || matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

/// Whether a sign looks like a space and is another one.
fn like_a_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace() || c == '\u{2800}'
}

/// Whether something is drawn here that is no letter, digit or sign of ASCII.
fn is_symbol(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control() && !invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_signs_are_written_out() {
        for (hidden, seen) in [
            ("user\u{202e} \u{2066}// admin\u{2069}", "user<U+202E> <U+2066>// admin<U+2069>"),
            ("a\u{200b}\u{feff}\u{3164}\u{e0041}", "a<U+200B><U+FEFF><U+3164><U+E0041>"),
            ("evil \u{1b}[8mrm\u{1b}[0m", "evil ^[[8mrm^[[0m"),
            ("\u{1b}]52;c;aGk=\u{7}", "^[]52;c;aGk=^G"),
            ("line\r", "line^M"),
            ("echo # no\nrm", "echo # no^Jrm"),
            ("\tall:\u{a0}x", "→   all:<U+00A0>x"),
            ("\u{9b}2J\u{7f}\0", "<U+009B>2J^?^@"),
            ("日本語 é ü “q”", "日本語 é ü “q”"),
            (
                "\u{1f468}\u{200d}\u{1f467} \u{26a0}\u{fe0f} 1\u{fe0f}\u{20e3}",
                "\u{1f468}\u{1f467} \u{26a0}\u{fe0f} 1\u{fe0f}\u{20e3}",
            ),
            ("x\u{fe00}\u{e0100}", "x<U+FE00><U+E0100>"),
        ] {
            assert_eq!(shown(hidden), seen, "{hidden:?}");
        }
    }

    #[test]
    fn signs_but_tabs_are_counted_by_kind() {
        let mut signs = Signs::default();
        for line in ["\ta\r", "b\r", "\u{202e}", "\u{1b}", "\u{7}\u{200b}"] {
            signs.add(&ShownText::of(line));
        }
        assert_eq!(signs.says().as_deref(), Some("hidden signs: 2 ^M, 1 <U+200B>, 1 <U+202E>, 2 others"));
        assert_eq!(Signs::default().says(), None);
    }

    #[test]
    fn a_line_is_known_without_its_signs() {
        assert_eq!(ShownText::of("\tlet a\u{200b} = 1; → b\r").without_signs(), "    let a = 1; → b");
    }
}
