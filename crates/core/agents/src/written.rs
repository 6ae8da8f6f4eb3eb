//! What a tool is to be given, as a person reads it before they allow it.

use std::fmt::Write;

use serde_json::Value;

use crate::short::{short, whole};

/// The whole of a tool's input where `about` does not say all of it: a plan as it is, anything else name by name.
pub(crate) fn beyond(input: &Value, about: &str) -> Option<String> {
    let fields = input.as_object()?;
    if let (Some(plan), true) = (input["plan"].as_str(), fields.contains_key("plan")) {
        return Some(whole(plan));
    }
    let says =
        |value: &Value| value.as_str().is_some_and(|text| text == about && short(text) == text && !text.contains('\n'));
    let rest = fields.iter().filter(|(name, value)| !says(value) && name.as_str() != "description");
    (rest.count() > 0).then(|| whole(&by_name(input)))
}

/// Every field on its own; text over several lines below its name.
pub(crate) fn by_name(input: &Value) -> String {
    let mut said = String::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _infallible = match text.contains('\n') {
            true => writeln!(said, "{name}:\n{}", indented(&text)),
            false => writeln!(said, "{name}: {text}"),
        };
    }
    said.trim_end().to_owned()
}

/// A change of a file: its path, and below it what is changed.
pub(crate) fn change(path: &str, what: &str, text: &str) -> String {
    format!("{what} {path}\n{}", indented(text))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
