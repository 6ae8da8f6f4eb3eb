//! The characters that lines and boxes are drawn with by programs that switch to the other set of them (`ESC ( 0`).

use std::borrow::Cow;

/// Which sets are chosen.
#[derive(Debug, Default)]
pub(crate) struct LineDrawing {
    /// Whether each of the two sets is the one of lines.
    lines: [bool; 2],
    /// Which of the two counts; `SO` and `SI` change it.
    second: bool,
}

/// Characters that stand for the bytes from `` ` `` to `~`.
const LINES: &str = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

impl LineDrawing {
    /// Takes what an escape chose; `false` when it is about something else.
    pub(crate) fn choose(&mut self, escape: &[u8]) -> bool {
        match escape {
            [b'(', set] => self.lines[0] = *set == b'0',
            [b')', set] => self.lines[1] = *set == b'0',
            b"c" => {
                *self = Self::default();
                return false;
            }
            _ => return false,
        }
        true
    }

    /// The text as it is drawn.
    pub(crate) fn drawn<'a>(&mut self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let switches = text.iter().any(|byte| matches!(byte, 0x0e | 0x0f));
        if !switches && !self.lines[usize::from(self.second)] {
            return Cow::Borrowed(text);
        }
        let mut drawn = Vec::with_capacity(text.len());
        for byte in text {
            match byte {
                0x0e | 0x0f => self.second = *byte == 0x0e,
                b'`'..=b'~' if self.lines[usize::from(self.second)] => {
                    let line = LINES.chars().nth(usize::from(byte - b'`')).unwrap_or('?');
                    drawn.extend_from_slice(line.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte => drawn.push(*byte),
            }
        }
        Cow::Owned(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_drawn_in_either_way() {
        let mut sets = LineDrawing::default();
        assert_eq!(sets.drawn(b"lqk"), b"lqk".as_slice());
        assert!(sets.choose(b"(0"));
        assert_eq!(sets.drawn(b"lqk x~"), "┌─┐ │·".as_bytes());
        assert!(sets.choose(b"(B") && sets.choose(b")0"));
        assert_eq!(sets.drawn(b"q\x0eq\x0fq"), "q─q".as_bytes());
        assert_eq!(sets.drawn("é".as_bytes()), "é".as_bytes());
    }
}
