//! What is said before work is approved or brought into its base: what of it, how, into what, and what was said of it.

use domain::figures::UNKNOWN;
use domain::text;
use protocol::{ProofRow, Row};

use crate::widgets::count;

/// A word, and what it is said of.
pub(super) type Line = (&'static str, String);

/// The lines of the question before a merge.
pub(super) fn lines(rows: &[Row]) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in rows {
        let named = if rows.len() > 1 { format!("{}: ", text::line(&row.name)) } else { String::new() };
        let base = row.base.as_deref().map_or_else(|| UNKNOWN.to_owned(), text::line);
        let proof = row.proof.as_ref();
        let how = match proof.and_then(|proof| proof.method.as_deref()) {
            Some("squash") => "as one commit (squash)",
            Some("merge") => "as its commits and one that joins them (merge)",
            Some("rebase") => "as its commits, one after the other on top of it (rebase)",
            _ => "in the way the settings say",
        };
        match proof.map(|proof| proof.closed.as_slice()) {
            Some([]) => {}
            // What was measured last may have changed, so a merge that is asked for looks once more.
            Some(closed) => {
                let closed = closed.join("; ");
                lines.push(("stops it", format!("{named}{closed} (a merge looks again)")));
            }
            None => lines.push(("stops it", format!("{named}there is no proof of it"))),
        }
        lines.push(("into", format!("{named}{base}, {how}")));
        lines.push(("brings", format!("{named}{}", work(row, proof))));
        lines.extend(row.escapes_say().map(|says| ("note", format!("{named}it {says}"))));
    }
    lines.extend(unsent(rows));
    let keeps = "its timeline, its proof and its branch's commits; changed files of yours in the way stop it";
    lines.push(("keeps", keeps.to_owned()));
    lines.push(("lets go", "its worktree, if nothing but that work is in it; u brings it back".to_owned()));
    lines
}

/// `3 commits, 6 files +23-15, at 8c1d02f`.
fn work(row: &Row, proof: Option<&ProofRow>) -> String {
    let Some(work) = proof.and_then(|proof| proof.work) else { return UNKNOWN.to_owned() };
    let number = |n: u64, what| count(usize::try_from(n).unwrap_or(usize::MAX), what);
    let commits = work.commits.map_or_else(|| format!("{UNKNOWN} commits"), |n| number(n, "commit"));
    let head = row.head.as_deref().map_or_else(|| UNKNOWN.to_owned(), |head| text::short(head).to_owned());
    format!("{commits}, {} +{}-{}, at {head}", number(work.files, "file"), work.added, work.removed)
}

/// Words how many comments on lines are not sent; neither an approval nor a merge sends them.
pub(super) fn unsent(rows: &[Row]) -> Vec<Line> {
    let says = |row: &Row| {
        let says = row.comments?.says()?;
        Some(("unsent", format!("{}: {says}; asking for changes sends what you said", text::line(&row.name))))
    };
    rows.iter().filter_map(says).collect()
}

/// The lines as a question takes them.
pub(super) fn borrowed(lines: &[Line]) -> Vec<(&'static str, &str)> {
    lines.iter().map(|(word, text)| (*word, text.as_str())).collect()
}
