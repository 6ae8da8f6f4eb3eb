//! What the reports of checks say: how many tests there were and which of them failed.

mod junit;
mod sarif;

use domain::check::Counts;
use domain::text;

/// Failed tests that are named, at most.
const MOST_NAMED: usize = 20;
/// Characters of a name.
const LONGEST_NAME: usize = 200;

/// A report as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub counts: Counts,
    /// The first tests that failed, sorted, harmless to show.
    pub failed: Vec<String>,
}

impl Report {
    fn name_failed(&mut self, name: &str) {
        self.failed.push(text::line(name).chars().take(LONGEST_NAME).collect());
    }
}

/// Reads JUnit's XML or SARIF's JSON, whichever it is.
///
/// # Errors
/// What it is instead, as words that follow `its report FILE:`.
pub fn read(bytes: &[u8]) -> Result<Report, String> {
    let start = bytes.iter().find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf));
    let mut report = match start {
        Some(b'<') => junit::read(bytes)?,
        Some(b'{') => sarif::read(bytes)?,
        None => return Err("it is empty".to_owned()),
        Some(_) => return Err("it is neither JUnit's XML nor SARIF's JSON".to_owned()),
    };
    report.failed.sort();
    report.failed.truncate(MOST_NAMED);
    Ok(report)
}
