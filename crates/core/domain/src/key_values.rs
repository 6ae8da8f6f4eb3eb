//! Keys of model providers on their way from whoever asks to the gateway. They are in memory only.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Values of variables that keys come from, by the variable's name. No debug output shows one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyValues(pub BTreeMap<String, String>);

impl KeyValues {
    /// Returns the names alone, which are no secret.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl fmt::Debug for KeyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_names_alone() {
        let values = KeyValues([("A_KEY".to_owned(), "sk-secret".to_owned())].into());
        assert_eq!(format!("{values:?}"), "{\"A_KEY\"}");
    }
}
