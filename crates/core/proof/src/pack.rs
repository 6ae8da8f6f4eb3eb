//! A proof pack: every file of it from a run's timeline and what git says of its work, the same for the same input.

use std::collections::BTreeMap;

use crate::history::{History, ProofError};
use crate::statement::Statement;
use crate::{calls, checks_xml, page, summary};

/// The files that every pack has, beside `patches/<phase>.<n>.patch`.
pub const NAMES: [&str; 8] = [
    "changes.patch",
    "checks.xml",
    "model-calls.jsonl",
    "proof.html",
    "score.json",
    "statement.json",
    "summary.md",
    "timeline.jsonl",
];

/// The parts that a pack is made of.
#[derive(Debug, Clone)]
pub struct PackInput<'a> {
    /// The timeline's lines without newlines, up to the event that says how the work was measured.
    pub lines: &'a [String],
    /// From the base commit to the tree of the work.
    pub patch: Vec<u8>,
    /// Each attempt's own patch, by the attempt's name.
    pub patches: Vec<(String, Vec<u8>)>,
    /// The version of pilothouse that writes it.
    pub version: &'a str,
}

/// A pack as its files.
#[derive(Debug, Clone)]
pub struct Pack {
    /// By their paths inside of the pack.
    pub files: BTreeMap<String, Vec<u8>>,
    pub score: u32,
}

/// Makes a pack.
///
/// # Errors
/// When the timeline can't be read, or does not say what the pack is of.
pub fn assemble(work: &PackInput<'_>) -> Result<Pack, ProofError> {
    let history = History::of(work.lines)?;
    let mut files = derived(&history);
    let timeline: String = work.lines.iter().flat_map(|line| [line, "\n"]).collect();
    files.insert("timeline.jsonl".to_owned(), timeline.into_bytes());
    files.insert("proof.html".to_owned(), page::write(&history, &work.patch, work.version).into_bytes());
    files.insert("changes.patch".to_owned(), work.patch.clone());
    for (name, patch) in &work.patches {
        files.insert(format!("patches/{name}.patch"), patch.clone());
    }
    let statement = Statement::of(&history, &files, work.version).to_json();
    files.insert("statement.json".to_owned(), statement.into_bytes());
    Ok(Pack { files, score: history.score.score })
}

/// The files that follow from the timeline alone.
pub(crate) fn derived(history: &History) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    files.insert("checks.xml".to_owned(), checks_xml::write(history).into_bytes());
    files.insert("model-calls.jsonl".to_owned(), calls::write(history).into_bytes());
    let mut score = serde_json::to_string_pretty(&history.score).expect("plain values");
    score.push('\n');
    files.insert("score.json".to_owned(), score.into_bytes());
    files.insert("summary.md".to_owned(), summary::write(history).into_bytes());
    files
}
