//! What is said where a keeper was killed, and what it held can't be told from what a person started since.

const BEGINS: &str = "its keeper was killed, and what it held can't be told from what was started since";

/// The sentence, with what may be of it.
pub fn untold(processes: &[String]) -> String {
    format!("{BEGINS}: {}", processes.join(", "))
}

/// Whether a reason says so.
pub fn says_untold(reason: &str) -> bool {
    reason.contains(BEGINS)
}
