//! What the agent asks the terminal that it runs in, answered at once, whoever looks at it and whoever does not.

use std::panic::{AssertUnwindSafe, catch_unwind};

use terminal::{Emulator, Looks, answer};

use crate::record::TerminalSpec;

/// The bytes of the longest question.
const LONGEST: usize = 4 << 10;
/// The bytes of answers that may wait to be read; who asks more and reads nothing is answered no more.
const MOST: usize = 64 << 10;

/// Listens to what the agent writes.
pub(super) struct TerminalQueries {
    emulator: Emulator,
    size: (u16, u16),
    looks: Looks,
    answers: String,
}

impl TerminalQueries {
    pub(super) fn new(terminal: TerminalSpec) -> Self {
        let size = (terminal.columns, terminal.rows);
        let looks = Looks { light: terminal.light, true_colour: terminal.true_colour };
        Self { emulator: emulator(size), size, looks, answers: String::new() }
    }

    /// Takes up what the agent wrote.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let Self { emulator, looks, answers, .. } = self;
        // What an agent writes may be anything, and whatever it is the keeper lives.
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            emulator.process(bytes, |emulator, piece| {
                if let Some(said) = answer(emulator, piece, *looks).filter(|said| answers.len() + said.len() <= MOST) {
                    answers.push_str(&said);
                }
            });
        }));
        if drawn.is_err() {
            self.emulator = self::emulator(self.size);
        }
    }

    pub(super) fn resized(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        let emulator = &mut self.emulator;
        if catch_unwind(AssertUnwindSafe(|| emulator.set_size(columns, rows))).is_err() {
            self.emulator = self::emulator(self.size);
        }
    }

    /// Returns the answers to what was heard.
    pub(super) fn take_answers(&mut self) -> String {
        std::mem::take(&mut self.answers)
    }
}

fn emulator((columns, rows): (u16, u16)) -> Emulator {
    Emulator::new(columns, rows, 0, LONGEST)
}
