//! Looks of text that the emulator's cells have no room for: they stand behind a character, as signs without a width.

use unicode_width::UnicodeWidthChar;

use crate::piece::{Control, Strings};

/// A line through the character before it, as Unicode has it.
const STRUCK: char = '\u{336}';
/// The first of the signs that number a link, two of them for each character; no text that is shown needs one.
const FIRST: u32 = 0xe0100;
const SIGNS: usize = 240;
/// Links that are kept; text of others is text.
const MOST_LINKS: usize = 4096;
/// The characters of a link's address.
const LONGEST: usize = 1024;

/// Looks that the next characters have.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    struck: bool,
    link: Option<usize>,
    links: Vec<String>,
}

/// A cell's text, and its looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked<'a> {
    pub text: String,
    pub struck: bool,
    /// The number of the link, and its address.
    pub link: Option<(usize, &'a str)>,
}

impl Marks {
    /// Takes what a control says of a line through text.
    pub(crate) fn render(&mut self, control: &Control<'_>) {
        if control.last != b'm' || control.private.is_some() || !control.between.is_empty() {
            return;
        }
        let mut parts = control.parameters.split(|byte| *byte == b';');
        while let Some(part) = parts.next() {
            match part {
                b"" | b"0" | b"00" | b"29" => self.struck = false,
                b"9" | b"09" => self.struck = true,
                // A colour is told in several numbers, and none of them is one of these.
                b"38" | b"48" | b"58" => match parts.next() {
                    Some(b"2") => drop(parts.by_ref().take(3).count()),
                    Some(b"5") => drop(parts.next()),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Takes the beginning or the end of a link.
    pub(crate) fn link(&mut self, kind: Strings, text: &[u8]) {
        let Some(rest) = text.strip_prefix(b"8;").filter(|_| kind == Strings::Osc) else { return };
        let address = rest.splitn(2, |byte| *byte == b';').nth(1).and_then(|address| std::str::from_utf8(address).ok());
        self.link = address.filter(|address| is_address(address)).and_then(|address| {
            let known = self.links.iter().rposition(|known| known == address);
            known.or_else(|| {
                let room = self.links.len() < MOST_LINKS;
                room.then(|| {
                    self.links.push(address.to_owned());
                    self.links.len() - 1
                })
            })
        });
    }

    /// Forgets the looks, as a terminal that is reset does.
    pub(crate) fn reset(&mut self) {
        (self.struck, self.link) = (false, None);
    }

    /// Whether text has to be marked, or looked through for signs that are nobody's but these.
    pub(crate) fn wanted(&self, text: &[u8]) -> bool {
        self.struck || self.link.is_some() || (!self.links.is_empty() && text.contains(&0xf3))
    }

    /// The text with the signs of its looks; a program's own signs of that kind are left out.
    pub(crate) fn marked(&self, text: &str) -> String {
        let mut marked = String::with_capacity(text.len() * 2);
        let mut chars = text.chars().filter(|c| number(*c).is_none()).peekable();
        while let Some(c) = chars.next() {
            marked.push(c);
            let is_shown = c.width().is_some();
            // What belongs to the same character goes first.
            if is_shown && chars.peek().is_none_or(|next| next.width() != Some(0)) {
                self.add(&mut marked);
            }
        }
        marked
    }

    fn add(&self, marked: &mut String) {
        if self.struck {
            marked.push(STRUCK);
        }
        let sign = |n: usize| u32::try_from(n).ok().and_then(|n| char::from_u32(FIRST + n));
        if let Some(link) = self.link {
            marked.extend(sign(link / SIGNS).into_iter().chain(sign(link % SIGNS)));
        }
    }

    /// Returns the content of a cell, without the signs.
    pub(crate) fn read(&self, cell: &str) -> Marked<'_> {
        let numbers: Vec<usize> = cell.chars().filter_map(number).collect();
        let link = match numbers.as_slice() {
            [high, low] => Some(high * SIGNS + low),
            _ => None,
        };
        Marked {
            text: cell.chars().filter(|c| *c != STRUCK && number(*c).is_none()).collect(),
            struck: cell.contains(STRUCK),
            link: link.and_then(|link| Some((link, self.links.get(link)?.as_str()))),
        }
    }
}

/// Which of the signs this is.
fn number(c: char) -> Option<usize> {
    let n = u32::from(c).checked_sub(FIRST)?;
    usize::try_from(n).ok().filter(|n| *n < SIGNS)
}

/// Whether it is the address of a page or of a person, and has nothing in it that ends the sequence it is passed on in.
fn is_address(address: &str) -> bool {
    let known = ["https://", "http://", "mailto:"].iter().any(|begin| address.starts_with(begin));
    known && address.len() <= LONGEST && address.bytes().all(|byte| byte.is_ascii_graphic())
}
