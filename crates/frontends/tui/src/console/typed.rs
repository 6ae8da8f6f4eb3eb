//! The bytes that a terminal sends, as keys: what comes in pieces waits for its rest, and nothing that came is lost.

use crossterm::event::Event;

/// What has been begun and is not yet whole.
#[derive(Debug, Default)]
pub(super) struct Typed {
    begun: Vec<u8>,
}

impl Typed {
    /// The events that these bytes complete. `more` says that others are there already: without them an escape at
    /// the end is the key of that name. What is no event of any terminal is left out.
    pub(super) fn take(&mut self, bytes: &[u8], more: bool) -> Vec<Event> {
        let mut events = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            self.begun.push(*byte);
            if self.begun == [0x1b] && (more || at + 1 < bytes.len()) {
                continue;
            }
            match terminput::Event::parse_from(&self.begun) {
                Ok(None) => continue,
                Ok(Some(event)) => events.extend(terminput_crossterm::to_crossterm(event)),
                Err(_) => {}
            }
            self.begun.clear();
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    const STREAM: &[u8] = "jK\u{1b}[A\u{1b}[1;5C\u{1b}[200~two\nlines ü\u{1b}[201~ü\u{1b}[<0;12;7M\u{1b}j\r".as_bytes();

    fn events(pieces: &[&[u8]]) -> Vec<Event> {
        let mut typed = Typed::default();
        let last = pieces.len() - 1;
        pieces.iter().enumerate().flat_map(|(at, piece)| typed.take(piece, at < last)).collect()
    }

    #[test]
    fn keys_are_the_same_wherever_the_stream_is_cut() {
        let whole = events(&[STREAM]);
        assert_eq!(whole.len(), 9, "{whole:?}");
        assert_eq!(whole[4], Event::Paste("two\nlines ü".to_owned()));
        assert_eq!(whole[7], Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::ALT)));
        for at in 0..STREAM.len() {
            let (before, after) = STREAM.split_at(at);
            assert_eq!(events(&[before, after]), whole, "cut at {at}");
        }
    }

    #[test]
    fn an_escape_with_nothing_behind_it_is_a_key() {
        let mut typed = Typed::default();
        let escape = Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        let j = Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE));
        assert_eq!(typed.take(b"\x1b", false), [escape]);
        assert_eq!(typed.take(b"j", false), [j]);
    }

    #[test]
    fn what_no_terminal_sends_is_left_out() {
        let mut typed = Typed::default();
        let q = Event::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE));
        assert_eq!(typed.take(b"\x1b[999;999;9999z\xffq", false), [q]);
    }
}
