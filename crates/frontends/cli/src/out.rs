//! Standard output: lines for people or JSON for programs.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Where a verb prints.
pub struct Out {
    to: Box<dyn Write>,
    pub json: bool,
    pub terminal: bool,
}

impl Out {
    pub fn stdout(json: bool) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self { to: Box::new(stdout), json, terminal }
    }

    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.to, "{}", text.as_ref())
    }

    /// Prints text without a line end, at once.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.to, "{text}")?;
        self.to.flush()
    }

    /// Prints bytes as they are, all of them.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.to.flush()
    }

    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(json)
    }

    /// Prints rows under a heading, each column as wide as its widest cell; the last one is not padded. At a terminal
    /// they fit its width, and what is cut ends with `…`; elsewhere nothing is cut.
    pub fn table(&mut self, heading: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let mut widths: Vec<usize> = heading.iter().map(|cell| cell.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        if self.terminal {
            narrow(&mut widths, columns());
        }
        let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
        for row in std::iter::once(&heading).chain(rows) {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let cell = cut(cell, widths[i]);
                line.push_str(&cell);
                if i + 1 < row.len() {
                    line.push_str(&" ".repeat(widths[i] - cell.width() + 2));
                }
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }
}

/// Columns between two cells.
const GAP: usize = 2;
/// The least width to which a column is narrowed where there is no room.
const LEAST: usize = 8;

/// The columns of the terminal that standard output is.
pub(crate) fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok());
    let seen = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    told.or_else(seen).filter(|columns| *columns > 0).unwrap_or(80)
}

/// Takes columns away until all fit into `room`: from the last one, which holds reasons and paths, then from the widest.
fn narrow(widths: &mut [usize], room: usize) {
    let too_wide = |widths: &[usize]| {
        let all = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        all.saturating_sub(room)
    };
    if let Some(last) = widths.last().copied() {
        let least = last.min(2 * LEAST);
        let over = too_wide(widths);
        widths[widths.len() - 1] = last.saturating_sub(over).max(least);
    }
    while too_wide(widths) > 0 {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > LEAST) else { return };
        *widest -= 1;
    }
}

/// The cell in at most `width` columns.
fn cut(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in cell.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_the_available_width() {
        let mut widths = [6, 30, 10, 200];
        narrow(&mut widths, 80);
        assert_eq!(widths, [6, 30, 10, 28], "the last one gives way first");
        let mut widths = [6, 60, 10, 200];
        narrow(&mut widths, 80);
        assert_eq!(widths, [6, 42, 10, 16], "then the widest");
        let mut widths = [6, 30];
        narrow(&mut widths, 80);
        assert_eq!(widths, [6, 30]);
        narrow(&mut widths, 3);
        assert_eq!(widths, [6, 8], "what is narrower than that wraps");
        assert_eq!((cut("abcdef", 4), cut("日本語", 4), cut("abc", 3)), ("abc…".into(), "日…".into(), "abc".into()));
    }
}
