//! Server-sent events out of bytes that come in any pieces. Source: the HTML standard, section 9.2.6.

/// Data of one event longer than this is passed over.
const LONGEST: usize = 32 << 20;

/// Splits a stream into the data of its events.
#[derive(Debug, Default)]
pub(crate) struct Split {
    line: Vec<u8>,
    data: Vec<u8>,
    /// The event's data so far is longer than anybody reads.
    skips: bool,
}

impl Split {
    /// Takes up the next bytes and hands on the data of each event that came to its end.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut event: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            if self.line.len() + piece.len() > LONGEST {
                self.skips = true;
                self.line.clear();
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.line_is_whole(line.trim_ascii_end(), &mut event);
            }
        }
    }

    fn line_is_whole(&mut self, line: &[u8], event: &mut impl FnMut(&[u8])) {
        if line.is_empty() {
            if !self.data.is_empty() && !self.skips {
                event(&self.data);
            }
            self.data.clear();
            self.skips = false;
            return;
        }
        let Some(data) = line.strip_prefix(b"data:") else { return };
        if self.data.len() + data.len() > LONGEST {
            self.skips = true;
            self.data.clear();
        }
        if !self.data.is_empty() {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
    }

    /// No more bytes come; what was not ended by an empty line counts too, as it does for the agents.
    pub(crate) fn end(&mut self, mut event: impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        self.line_is_whole(line.trim_ascii_end(), &mut event);
        self.line_is_whole(b"", &mut event);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut split = Split::default();
        let mut found = Vec::new();
        let mut take = |data: &[u8]| found.push(String::from_utf8_lossy(data).into_owned());
        for piece in pieces {
            split.feed(piece, &mut take);
        }
        split.end(&mut take);
        found
    }

    const STREAM: &[u8] =
        b"event: a\r\ndata: {\"x\":1}\r\n\r\n: comment\ndata:two\ndata: lines\n\ndata\nid: 3\n\ndata: last";

    #[test]
    fn events_are_found_whatever_ends_their_lines() {
        assert_eq!(events(&[STREAM]), ["{\"x\":1}", "two\nlines", "last"]);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(cuts in proptest::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&STREAM[from..cut]);
                from = cut;
            }
            pieces.push(&STREAM[from..]);
            prop_assert_eq!(events(&pieces), events(&[STREAM]));
        }
    }
}
