//! What looks like a secret in a run's work, in words.

use super::Row;

impl Row {
    /// `looks like a secret: src/a.rs:12 (github-token) and 2 more`; `None` where nothing does.
    pub fn secrets_say(&self) -> Option<String> {
        let found = self.secrets.as_ref()?;
        let first = found.first()?;
        let more = found.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("looks like a secret: {}{more}", first.says()))
    }
}
