//! Standard output: lines for people or JSON for programs.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

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

    /// Text without a line end, shown at once.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.to, "{text}")?;
        self.to.flush()
    }

    /// Bytes as they are, all of them.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.to.flush()
    }

    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(json)
    }

    /// Rows under a heading, each column as wide as its widest cell; the last one is not padded.
    pub fn table(&mut self, heading: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let mut widths: Vec<usize> = heading.iter().map(|cell| cell.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
        for row in std::iter::once(&heading).chain(rows) {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                line.push_str(cell);
                if i + 1 < row.len() {
                    line.push_str(&" ".repeat(widths[i] - cell.width() + 2));
                }
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }
}
