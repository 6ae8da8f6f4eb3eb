//! What looks like a secret in a run's work, in words.

use domain::event::SecretFound;
use domain::figures;

use super::Row;

impl Row {
    /// `looks like a secret: src/a.rs:12 (github-token) and 2 more`; `None` where nothing does.
    pub fn secrets_say(&self) -> Option<String> {
        let found: Vec<String> = self.secrets.as_ref()?.iter().map(SecretFound::says).collect();
        (!found.is_empty()).then(|| format!("looks like a secret: {}", figures::first_of(&found, 1)))
    }
}
