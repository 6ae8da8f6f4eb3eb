//! Checks as settings define them.

use std::collections::BTreeMap;
use std::path::Path;

use domain::check::CheckSpec;
use serde::Deserialize;
use toml::Spanned;

use crate::{Value, span};

/// A table `[check.NAME]` as written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckTable {
    run: Spanned<String>,
    timeout: Option<Spanned<String>>,
    required: Option<bool>,
    weight: Option<u32>,
    report: Option<Spanned<String>>,
}

/// Milliseconds that a check may take which says nothing of it.
const TIMEOUT: u64 = 600_000;

/// Returns the first mistake in a check: where, which key, what was found and what is expected.
pub(crate) fn mistake(name: &str, said: &CheckTable) -> Option<(usize, String, String, &'static str)> {
    let at = |value: &Spanned<String>, key: &str, expected| {
        Some((value.span().start, format!("check.{name}.{key}"), format!("{:?}", value.get_ref()), expected))
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 20 || !name.bytes().all(plain) {
        let expected = "a name of at most 20 letters a-z, digits, - and _";
        return Some((said.run.span().start, "check".to_owned(), format!("{name:?}"), expected));
    }
    if said.run.get_ref().trim().is_empty() {
        return at(&said.run, "run", "a command");
    }
    if let Some(timeout) = said.timeout.as_ref().filter(|t| span::milliseconds(t.get_ref()).is_none_or(|ms| ms == 0)) {
        return at(timeout, "timeout", "a span like \"90s\", \"10m\" or \"1h\"");
    }
    let inside = |path: &str| {
        let mut parts = Path::new(path).components();
        !path.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    let report = said.report.as_ref().filter(|report| !inside(report.get_ref()))?;
    at(report, "report", "a file inside of the repository")
}

/// Lays the checks of one file over those below it; one of the same name takes the other's place whole.
pub(crate) fn lay(checks: &mut BTreeMap<String, Value<CheckSpec>>, said: BTreeMap<String, CheckTable>, path: &Path) {
    for (name, said) in said {
        let timeout = said.timeout.and_then(|t| span::milliseconds(t.get_ref()));
        let value = CheckSpec {
            name: name.clone(),
            run: said.run.into_inner(),
            timeout_ms: timeout.unwrap_or(TIMEOUT),
            required: said.required.unwrap_or(true),
            weight: said.weight.unwrap_or(1),
            report: said.report.map(Spanned::into_inner),
        };
        checks.insert(name, Value { value, origin: Some(path.to_owned()) });
    }
}
