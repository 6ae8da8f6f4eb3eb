//! The picture in README: the real cockpit in a real terminal, as an SVG.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{bail, eyre};
use unicode_width::UnicodeWidthStr;
use vt100::{Color, Parser, Screen};

const ROWS: u16 = 30;
const COLUMNS: u16 = 120;
/// How long the demo may take until its screen is worth a picture.
const PATIENCE: Duration = Duration::from_secs(30);
/// A cell in SVG units; the width is that of common monospace fonts at this size.
const CELL: (f64, f64) = (8.4, 18.0);

/// Opens the demo's cockpit in a terminal of its own and keeps what it shows.
pub(crate) fn take(binary: &Path, to: &Path) -> color_eyre::Result<()> {
    let (mut pty, pts) = pty_process::blocking::open()?;
    pty.resize(pty_process::Size::new(ROWS, COLUMNS))?;
    let mut child = pty_process::blocking::Command::new(binary)
        .arg("demo")
        .env("LANG", "C.UTF-8")
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm-256color")
        .env("TZ", "UTC")
        .env_remove("NO_COLOR")
        .spawn(pts)?;
    let mut from = fs::File::from(std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned()?);
    let (sender, pieces) = mpsc::channel();
    thread::spawn(move || {
        let mut piece = [0u8; 8192];
        while let Ok(n @ 1..) = from.read(&mut piece) {
            if sender.send(piece[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    let size = |n| std::num::NonZeroU16::new(n).ok_or_else(|| eyre!("a screen has rows and columns"));
    let mut parser = Parser::new(size(ROWS)?, size(COLUMNS)?, 0);
    let began = Instant::now();
    let mut asked = false;
    while !is_worth_it(parser.screen()) {
        if began.elapsed() > PATIENCE {
            bail!("the demo did not come to what was waited for:\n{}", parser.screen().contents());
        }
        match pieces.recv_timeout(Duration::from_secs(5)) {
            Ok(piece) => parser.process(&piece),
            Err(_) => bail!("the demo shows nothing:\n{}", parser.screen().contents()),
        }
        if !asked && parser.screen().contents().contains("asks:") {
            // The run that asks is the one to look at.
            pty.write_all(b"!")?;
            asked = true;
        }
    }
    fs::write(to, svg(parser.screen()))?;
    pty.write_all(b"q")?;
    let ended = child.wait()?;
    if ended.success() { Ok(()) } else { Err(eyre!("the demo ended with {ended}")) }
}

/// Every status of the demo is on the screen, and the cursor is on the run that asks.
fn is_worth_it(screen: &Screen) -> bool {
    let text = screen.contents();
    let words = ["NEEDS YOU", "WORKING", "READY", "FINISHED", ">? fix-login", "exit record", "want to publish"];
    words.iter().all(|word| text.contains(word))
}

fn svg(screen: &Screen) -> String {
    let (width, height) = (f64::from(COLUMNS) * CELL.0 + 24.0, f64::from(ROWS) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for row in 0..ROWS {
        let mut column = 0;
        while column < COLUMNS {
            let (text, style, next) = stretch(screen, row, column);
            if !text.trim().is_empty() || style.inverse {
                piece(&mut out, &text, style, row, column);
            }
            column = next;
        }
    }
    out.push_str("</svg>\n");
    out
}

#[derive(Clone, Copy, PartialEq)]
struct Look {
    colour: &'static str,
    bold: bool,
    inverse: bool,
}

/// The cells from `column` on that look alike.
fn stretch(screen: &Screen, row: u16, column: u16) -> (String, Look, u16) {
    let look_at = |column| {
        screen.cell(row, column).map(|cell| Look {
            colour: colour(cell.fgcolor()),
            bold: cell.bold(),
            inverse: cell.inverse(),
        })
    };
    let first = look_at(column).unwrap_or(Look { colour: colour(Color::Default), bold: false, inverse: false });
    let mut text = String::new();
    let mut next = column;
    while next < COLUMNS && look_at(next) == Some(first) {
        let cell = screen.cell(row, next).map_or("", |cell| cell.contents());
        text.push_str(if cell.is_empty() { " " } else { cell });
        next += 1;
    }
    (text, first, next.max(column + 1))
}

fn piece(out: &mut String, text: &str, look: Look, row: u16, column: u16) {
    let (x, y) = (12.0 + f64::from(column) * CELL.0, 12.0 + f64::from(row) * CELL.1);
    #[expect(clippy::cast_precision_loss, reason = "a line has some hundred columns at most")]
    let width = text.width() as f64 * CELL.0;
    let mut fill = look.colour;
    if look.inverse {
        let line =
            format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"#d5d9e0\"/>", CELL.1);
        writeln!(out, "{line}").expect("writing to a string can't fail");
        fill = "#16181d";
    }
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let baseline = y + 13.5;
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" fill=\"{fill}\"{weight} xml:space=\"preserve\" textLength=\"{width:.1}\">{escaped}</text>"
    )
    .expect("writing to a string can't fail");
}

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Idx(1 | 9) => "#ff7b72",
        Color::Idx(2 | 10) => "#7ee787",
        Color::Idx(3 | 11) => "#e3b341",
        Color::Idx(6 | 14) => "#76e3ea",
        Color::Idx(8) => "#7d8590",
        _ => "#d5d9e0",
    }
}
