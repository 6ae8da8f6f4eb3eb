//! A real terminal with a program in it, and a person who reads its screen and presses keys.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty};

use crate::house::House;

/// How long a screen may take to be as wanted.
const PATIENCE: Duration = Duration::from_secs(60);
/// A program that has drawn nothing for this long has drawn what it had to.
const QUIET: Duration = Duration::from_millis(200);

pub struct TerminalSeat {
    pty: Pty,
    child: Child,
    pieces: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Every byte the program wrote.
    pub raw: Vec<u8>,
}

impl TerminalSeat {
    /// pilothouse with these words, in the house's repository.
    pub fn take(house: &House, words: &[&str], columns: u16, rows: u16) -> Self {
        Self::with(house, words, columns, rows, &[])
    }

    /// As [`take`](Self::take), with these variables set; an empty value takes a variable away.
    pub fn with(house: &House, words: &[&str], columns: u16, rows: u16, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(house.binary()).args(words).current_dir(house.repo.path());
        let standing = [("PILOTHOUSE_RUN", ""), ("TMUX", ""), ("NO_COLOR", ""), ("TZ", "UTC")];
        let own = [("LANG", "C.UTF-8"), ("LC_ALL", "C.UTF-8"), ("TERM", "xterm-256color")];
        command = command.env("PILOTHOUSE_HOME", house.home());
        for (name, value) in standing.iter().chain(&own).chain(variables) {
            command = if value.is_empty() { command.env_remove(name) } else { command.env(name, value) };
        }
        Self::of(command, columns, rows)
    }

    /// Any program.
    pub fn of(command: Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        let child = command.spawn(pts).expect("it starts");
        let mut from = std::fs::File::from(std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().expect("a copy"));
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut piece = [0u8; 8192];
            while let Ok(n @ 1..) = from.read(&mut piece) {
                if sender.send(piece[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let size = |n| NonZeroU16::new(n).expect("a size");
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        Self { pty, child, pieces, parser, raw: Vec::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("a terminal");
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        let size = |n| NonZeroU16::new(n).expect("a size");
        self.parser.screen_mut().set_size(size(rows), size(columns));
    }

    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    pub fn emulator(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    fn take_up(&mut self, piece: Vec<u8>) {
        self.parser.process(&piece);
        self.raw.extend(piece);
    }

    /// Reads until the screen is as wanted.
    ///
    /// # Panics
    /// After a minute, with what was waited for and the screen.
    pub fn wait_until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(began.elapsed() < PATIENCE, "waited for {what}; the screen:\n{screen}");
            if let Ok(piece) = self.pieces.recv_timeout(QUIET) {
                self.take_up(piece);
            }
        }
    }

    /// Takes up what the program draws until it has drawn nothing for a while.
    pub fn settle(&mut self) {
        while let Ok(piece) = self.pieces.recv_timeout(QUIET) {
            self.take_up(piece);
        }
    }

    /// Bytes that come within this time; the screen takes them up.
    pub fn listen(&mut self, long: Duration) -> usize {
        let (until, before) = (Instant::now() + long, self.raw.len());
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.take_up(piece),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.raw.len() - before
    }

    /// Waits for the next bytes, and returns when they had come.
    pub fn next_bytes(&mut self, patience: Duration) -> Option<Instant> {
        let piece = self.pieces.recv_timeout(patience).ok()?;
        let at = Instant::now();
        self.take_up(piece);
        Some(at)
    }

    /// Takes the terminal away under the program.
    pub fn cut(self) -> Child {
        self.child
    }

    /// Waits for the program's end; returns its exit code (128 and more for a signal) and all it wrote.
    pub fn leave(mut self) -> (i32, Vec<u8>) {
        use std::os::unix::process::ExitStatusExt;
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            if began.elapsed() > PATIENCE {
                let _gone = self.child.kill();
                panic!("waited for the end; the screen:\n{}", self.screen());
            }
            if let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(10)) {
                self.take_up(piece);
            }
        };
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(500)) {
            self.take_up(piece);
        }
        (status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1), self.raw)
    }
}
