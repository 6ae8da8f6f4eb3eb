//! A proof pack: every file of it from a run's timeline and what git says of its work, the same for the same input.

use std::collections::BTreeMap;

use domain::digest::sha256_hex;
use domain::event::{LineError, WorkMeasured};
use domain::score::{self, Score};
use domain::{Event, RunState, fold};

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

/// What a pack is made of.
#[derive(Debug, Clone)]
pub struct Work<'a> {
    /// The timeline's lines without newlines, up to the event that says how the work was measured.
    pub lines: &'a [String],
    /// From the base commit to the tree of the work.
    pub patch: Vec<u8>,
    /// Each attempt's own patch, by the attempt's name.
    pub patches: Vec<(String, Vec<u8>)>,
    /// The version of pilothouse that writes it.
    pub version: &'a str,
}

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("line {line} of the timeline: {source}")]
    Line { line: usize, source: LineError },
    #[error("the timeline does not say what was asked for")]
    NoRun,
    #[error("the timeline does not say how the work was measured")]
    NotMeasured,
}

/// A pack as its files.
#[derive(Debug, Clone)]
pub struct Pack {
    /// By their paths inside of the pack.
    pub files: BTreeMap<String, Vec<u8>>,
    pub score: u32,
}

/// A run as its timeline tells it, with what a pack needs of it.
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    pub(crate) state: RunState,
    pub(crate) score: Score,
    pub(crate) work: WorkMeasured,
    /// SHA-256 of the last line.
    pub(crate) chain: String,
}

impl Told {
    pub(crate) fn of(lines: &[String]) -> Result<Self, ProofError> {
        let read = |(n, line): (usize, &String)| {
            Event::from_line(line).map_err(|source| ProofError::Line { line: n + 1, source })
        };
        let events = lines.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let state = fold::all(&events);
        let work = state.proof.measured.clone().ok_or(ProofError::NotMeasured)?;
        if state.spec.is_none() {
            return Err(ProofError::NoRun);
        }
        let chain = lines.last().map(|line| sha256_hex(line.as_bytes())).unwrap_or_default();
        Ok(Self { score: score::score(&state), events, work, chain, state })
    }

    pub(crate) fn spec(&self) -> &domain::command::NewRun {
        self.state.spec.as_ref().expect("a run without one is none")
    }

    /// The files that follow from the timeline alone.
    pub(crate) fn derived(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        files.insert("checks.xml".to_owned(), checks_xml::write(self).into_bytes());
        files.insert("model-calls.jsonl".to_owned(), calls::write(self).into_bytes());
        let mut score = serde_json::to_string_pretty(&self.score).expect("plain values");
        score.push('\n');
        files.insert("score.json".to_owned(), score.into_bytes());
        files.insert("summary.md".to_owned(), summary::write(self).into_bytes());
        files
    }
}

/// Makes a pack.
///
/// # Errors
/// When the timeline can't be read, or does not say what the pack is of.
pub fn assemble(work: &Work<'_>) -> Result<Pack, ProofError> {
    let told = Told::of(work.lines)?;
    let mut files = told.derived();
    let timeline: String = work.lines.iter().flat_map(|line| [line, "\n"]).collect();
    files.insert("timeline.jsonl".to_owned(), timeline.into_bytes());
    files.insert("proof.html".to_owned(), page::write(&told, &work.patch, work.version).into_bytes());
    files.insert("changes.patch".to_owned(), work.patch.clone());
    for (name, patch) in &work.patches {
        files.insert(format!("patches/{name}.patch"), patch.clone());
    }
    let statement = Statement::of(&told, &files, work.version).to_json();
    files.insert("statement.json".to_owned(), statement.into_bytes());
    Ok(Pack { files, score: told.score.score })
}
