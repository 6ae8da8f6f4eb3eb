//! A drawn screen as an SVG, and README's picture, which is one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::day::day;
use crate::theme::Theme;

/// A cell in SVG units; the width is that of common monospace fonts at this size.
const CELL: (f64, f64) = (8.4, 18.0);
/// The margin around the screen.
const MARGIN: f64 = 12.0;
const GROUND: &str = "#16181d";
const TEXT: &str = "#d5d9e0";

#[derive(Clone, Copy, PartialEq)]
struct CellLook {
    colour: &'static str,
    bold: bool,
    reversed: bool,
}

impl CellLook {
    fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        Self { colour: colour(cell.fg), bold: has(Modifier::BOLD), reversed: has(Modifier::REVERSED) }
    }
}

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#ff7b72",
        Color::Green => "#7ee787",
        Color::Yellow => "#e3b341",
        Color::Cyan => "#76e3ea",
        Color::Magenta => "#d2a8ff",
        Color::Blue => "#79c0ff",
        Color::DarkGray => "#7d8590",
        _ => TEXT,
    }
}

/// Every stretch of cells that look alike is a text of its own.
fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f64::from(columns) * CELL.0 + 2.0 * MARGIN, f64::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let look = CellLook::of(&buffer[(column, row)]);
            let alike = (column..columns).take_while(|at| CellLook::of(&buffer[(*at, row)]) == look);
            let text: String = alike.map(|at| buffer[(at, row)].symbol()).collect();
            let long = u16::try_from(text.width()).unwrap_or(columns).max(1);
            if look.reversed || !text.trim().is_empty() {
                stretch(&mut out, &text, look, (column, row));
            }
            column += long;
        }
    }
    out + "</svg>\n"
}

fn stretch(out: &mut String, text: &str, look: CellLook, (column, row): (u16, u16)) {
    let (x, y) = (MARGIN + f64::from(column) * CELL.0, MARGIN + f64::from(row) * CELL.1);
    let shown = if look.reversed { text } else { text.trim_end() };
    let width = f64::from(u16::try_from(shown.width()).unwrap_or(u16::MAX)) * CELL.0;
    let written = "writing to a string can't fail";
    let mut fill = look.colour;
    if look.reversed {
        let height = CELL.1;
        writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>")
            .expect(written);
        fill = GROUND;
    }
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let baseline = y + 13.5;
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" fill=\"{fill}\"{weight} xml:space=\"preserve\" \
         textLength=\"{width:.1}\">{escaped}</text>"
    )
    .expect(written);
}

#[test]
fn the_picture_in_readme_is_todays_screen() {
    let drawn = svg(&day().buffer(140, 34, &Theme::dark()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets/cockpit.svg");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&path, &drawn).expect("writable");
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == drawn, "assets/cockpit.svg is not what the cockpit draws; `just screens` writes it anew");
}

#[test]
fn no_column_of_the_picture_is_empty() {
    let screen = day().screen(140, 34);
    for filled in ["2/3 build", "412k", "1.92/5", "1.2G", "+88-12", "14%", "0.91", "asks: Bash: npm publish", "limited"]
    {
        assert!(screen.contains(filled), "{filled} is not in:\n{screen}");
    }
}
