//! How work is delivered, as settings define it.

use std::path::Path;

use domain::pull_request::{DeliverSpec, LOCAL};
use serde::Deserialize;
use toml::Spanned;

use crate::Value;

/// The table as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeliverTable {
    forge: Option<Spanned<String>>,
    draft: Option<bool>,
}

impl DeliverTable {
    pub(crate) fn mistake(&self) -> Option<(usize, String, String, &'static str)> {
        let wrong = self.forge.as_ref().filter(|said| ![LOCAL, "none"].contains(&said.get_ref().as_str()))?;
        let found = format!("{:?}", wrong.get_ref());
        Some((wrong.span().start, "deliver.forge".to_owned(), found, "\"local\" or \"none\""))
    }
}

/// Lays a file's words over those below.
pub(crate) fn lay(slot: &mut Value<DeliverSpec>, said: DeliverTable, path: Option<&Path>) {
    if said.forge.is_none() && said.draft.is_none() {
        return;
    }
    let forge = said.forge.map(Spanned::into_inner);
    let below = slot.value.clone();
    let value = DeliverSpec {
        forge: forge.map_or(below.forge, |name| Some(name).filter(|name| name != "none")),
        draft: said.draft.unwrap_or(below.draft),
    };
    *slot = Value { value, origin: path.map(Path::to_owned) };
}

/// All of it in words.
pub(crate) fn says(deliver: &DeliverSpec) -> String {
    let forge = deliver.forge.as_deref().unwrap_or("none");
    format!("forge {forge}, {}", if deliver.draft { "as a draft" } else { "open" })
}
