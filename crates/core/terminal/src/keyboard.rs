//! How a program wants keys reported: the part of kitty's keyboard protocol that is honoured here.

use crate::piece::Control;

/// Keys that have no byte of their own are told as sequences.
const DISAMBIGUATE: u16 = 1;
/// All keys are.
const ALL: u16 = 8;
/// Others of the protocol's flags are never on, which a program that asks is told.
const HONOURED: u16 = DISAMBIGUATE | ALL;
/// Flags that are kept for a program to come back to.
const DEEPEST: u16 = 16;

/// The flags in force; each of the two screens has its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keyboard {
    flags: u16,
    before: Vec<u16>,
}

impl Keyboard {
    /// Takes what a control says of it; `false` when it is about something else.
    pub(crate) fn take(&mut self, control: &Control<'_>) -> bool {
        let (b'u', Some(private @ (b'<' | b'=' | b'>')), []) = (control.last, control.private, control.between) else {
            return false;
        };
        let mut numbers = control.numbers(0);
        let first = numbers.next().unwrap_or(0);
        match private {
            b'>' => {
                if self.before.len() == usize::from(DEEPEST) {
                    self.before.remove(0);
                }
                self.before.push(self.flags);
                self.flags = first & HONOURED;
            }
            b'<' => {
                for _ in 0..first.clamp(1, DEEPEST + 1) {
                    self.flags = self.before.pop().unwrap_or(0);
                }
            }
            _ => {
                let flags = first & HONOURED;
                self.flags = match numbers.next().unwrap_or(1) {
                    2 => self.flags | flags,
                    3 => self.flags & !flags,
                    _ => flags,
                };
            }
        }
        true
    }

    /// The flags as a program is told them.
    pub fn flags(&self) -> u16 {
        self.flags
    }

    /// Whether keys without a byte of their own are told as sequences.
    pub fn tells_apart(&self) -> bool {
        self.flags != 0
    }

    /// Whether all keys are told as sequences.
    pub fn tells_all(&self) -> bool {
        self.flags & ALL != 0
    }
}
