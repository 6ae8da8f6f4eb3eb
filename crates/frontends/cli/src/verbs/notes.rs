//! What is said beside a verdict, a look at the gate and a merge: neither of them says it by itself.

use client::Connection;
use domain::text;

use super::find::find;
use crate::error::CliError;
use crate::out::Out;

/// Prints what the run wrote outside of its worktree, and comments that its agent was not told.
pub(super) async fn print(connection: &mut Connection, out: &mut Out, run: &str) -> Result<(), CliError> {
    if out.json {
        return Ok(());
    }
    // What was to be done is done, and was told; a row that is not there has nothing to add.
    let Ok(row) = find(connection, run).await else { return Ok(()) };
    let unsent = row.comments.and_then(|comments| comments.says()).map(|says| match row.status.as_str() {
        "merged" => format!("{says}; it was merged without"),
        _ => format!("{says}; `pilothouse review {} --changes TEXT` sends what you said", row.name),
    });
    for note in row.escapes_say().into_iter().chain(unsent) {
        out.line(format!("note: {}: {}", text::line(&row.name), text::line(&note)))?;
    }
    Ok(())
}
