//! A window of readable lines over an output that may be far larger than memory should be.

use std::collections::VecDeque;

use domain::attempt::AttemptKey;
use protocol::Output;

use crate::widgets::{Nth, searched};

/// Lines that are kept; what lies outside is read from disk again.
const KEPT: usize = 20_000;

/// A piece that was read at once: whole lines of the file, and how they read.
#[derive(Debug, Clone, PartialEq)]
struct OutputPart {
    from: u64,
    to: u64,
    lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OutputView {
    parts: VecDeque<OutputPart>,
    /// The attempt that is shown; `None`: the last one.
    pub(crate) attempt: Option<AttemptKey>,
    /// Where the first piece began.
    start: u64,
    /// Bytes of the file as last heard.
    pub(crate) len: u64,
    pub(crate) over: bool,
    /// The window shows standard error, since nothing else was written.
    pub(crate) errors: bool,
    /// A piece is under way.
    pub(crate) asked: bool,
    /// Which window this is; answers to what an earlier one asked are not for it.
    pub(crate) number: u64,
    /// The run's last attempt as its row had it when the window was begun.
    pub(crate) of: Option<(String, Option<u32>)>,
    /// A search went to the beginning of the window and goes on in what stands before it.
    pub(crate) searches: bool,
    /// An answer has come, be it that there is nothing yet.
    pub(crate) heard: bool,
    /// Lines scrolled up from the last one; 0 follows.
    pub(crate) scroll: usize,
    pub(crate) wrap: bool,
    pub(crate) search: Option<String>,
    /// Which of its matches was gone to.
    pub(crate) nth: Option<Nth>,
    /// The line that was found, from the first line of the window.
    pub(crate) found: Option<usize>,
}

impl OutputView {
    /// Forgets what is loaded; how the person wants it shown stays.
    pub(crate) fn forget(&mut self) {
        let number = self.number + 1;
        *self = Self { wrap: self.wrap, search: self.search.take(), number, ..Self::default() };
    }

    /// Shows what the same attempt wrote to standard error.
    pub(crate) fn turn_to_errors(&mut self) {
        let (attempt, of) = (self.attempt.take(), self.of.take());
        self.forget();
        (self.attempt, self.of, self.errors) = (attempt, of, true);
    }

    pub(crate) fn says(&self) -> String {
        let mut words: Vec<String> = self.search.iter().map(|text| searched(text, self.nth)).collect();
        words.extend(self.attempt.as_ref().map(|key| format!("{}.{}", key.phase, key.attempt)));
        if self.errors && self.count() > 0 {
            words.push("its errors".to_owned());
        }
        if self.scroll > 0 {
            words.push(format!("{} lines up", self.scroll));
        }
        if self.wrap {
            words.push("wrapped".to_owned());
        }
        words.join(" · ")
    }

    /// Offset of the first byte that the window has.
    pub(crate) fn begin(&self) -> u64 {
        self.parts.front().map_or(self.start, |part| part.from)
    }

    /// Offset that the next piece is read from; `None` before the first.
    pub(crate) fn next(&self) -> Option<u64> {
        self.parts.back().map(|part| part.to).or(self.heard.then_some(self.start))
    }

    /// Whether the window ends where the file ends as last heard.
    pub(crate) fn is_at_end(&self) -> bool {
        self.next().is_some_and(|next| next >= self.len)
    }

    pub(crate) fn count(&self) -> usize {
        self.parts.iter().map(|part| part.lines.len()).sum()
    }

    pub(crate) fn line(&self, mut at: usize) -> Option<&str> {
        for part in &self.parts {
            if at < part.lines.len() {
                return Some(&part.lines[at]);
            }
            at -= part.lines.len();
        }
        None
    }

    /// Takes up a piece that follows on the window, or is its beginning; returns how many lines came.
    pub(crate) fn after(&mut self, piece: &Output, read: impl FnOnce(&str) -> Vec<String>) -> usize {
        if self.parts.is_empty() {
            self.start = piece.from;
        }
        if piece.from == piece.next {
            return 0;
        }
        let lines = read(&piece.text);
        let added = lines.len();
        self.parts.push_back(OutputPart { from: piece.from, to: piece.next, lines });
        // The other end goes when the window has grown too large; it can be read again.
        while self.count() > KEPT && self.parts.len() > 1 && self.scroll == 0 {
            self.parts.pop_front();
            self.found = None;
        }
        added
    }

    /// Takes up the piece before the window; returns how many lines came.
    pub(crate) fn before(&mut self, piece: &Output, read: impl FnOnce(&str) -> Vec<String>) -> usize {
        let lines = read(&piece.text);
        let added = lines.len();
        // Also what holds no line is gone over, so that the window gets to the beginning.
        self.parts.push_front(OutputPart { from: piece.from, to: piece.next, lines });
        self.found = self.found.map(|at| at + added);
        added
    }
}
