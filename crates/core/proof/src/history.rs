//! A run as its timeline tells it.

use domain::digest::sha256_hex;
use domain::event::{LineError, WorkMeasured};
use domain::score::{self, Score};
use domain::{Event, RunState, fold};

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

/// The events of a run and what a pack needs of them.
pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    pub(crate) state: RunState,
    pub(crate) score: Score,
    pub(crate) work: WorkMeasured,
    /// SHA-256 of the last line.
    pub(crate) chain: String,
}

impl History {
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
}
