//! Whether what was written down of runs is there and can be read.

use std::path::Path;

use client::Places;
use evidence::{EvidenceError, StateFolder};

use super::finding::DoctorFinding;

/// Damaged runs that are named.
const NAMED: usize = 5;

pub(super) fn runs(places: &Places) -> DoctorFinding {
    let (ok, says) = match damaged(&places.home) {
        Ok((count, none)) if none.is_empty() => {
            (Some(true), format!("{count} written down here, none of them damaged"))
        }
        Ok((_, damaged)) => {
            let says =
                format!("{}; `pilothouse ls --all` lists them as unknown", domain::figures::first_of(&damaged, NAMED));
            (Some(false), says)
        }
        Err(error) => (Some(false), error.to_string()),
    };
    DoctorFinding { name: "runs", ok, says }
}

/// How many runs there are, and what is wrong with some. A chain is followed to its end by `pilothouse proof verify` alone.
fn damaged(home: &Path) -> Result<(usize, Vec<String>), EvidenceError> {
    // A look makes no folder.
    if !home.join("runs").exists() {
        return Ok((0, Vec::new()));
    }
    let state = StateFolder::open(home)?;
    let ids = state.runs()?;
    let wrong = ids.iter().filter_map(|id| {
        let folder = state.run(id);
        // One that was only asked for has a spec and nothing else.
        let timeline = || if folder.was_begun() { folder.check_timeline() } else { Ok(()) };
        folder.spec().map(drop).and_then(|()| timeline()).err().map(|error| error.to_string())
    });
    Ok((ids.len(), wrong.collect()))
}
