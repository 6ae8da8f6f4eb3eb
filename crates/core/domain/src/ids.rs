//! Typed ids, so that a run's id can't be mistaken for its name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Letters that are not mistaken for one another when read aloud or typed.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

/// A run's id: six lower-case letters and digits, like `k3f9q2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(String);

impl RunId {
    /// Makes an id out of random bytes, which the caller draws.
    pub fn from_random(bytes: [u8; 6]) -> Self {
        Self(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 31)])).collect())
    }

    /// Reads an id from text; `None` if it can't be one (ids name folders, so nothing else may pass).
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
