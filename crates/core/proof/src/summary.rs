//! `summary.md`: what goes on the pull request.

use std::fmt::Write as _;

use domain::{figures, text};

use crate::facts::{facts, unknown};
use crate::history::History;

pub(crate) fn write(told: &History) -> String {
    let mut md = String::new();
    let mut put = |line: std::fmt::Arguments<'_>| writeln!(md, "{line}").expect("writing to a string can't fail");
    put(format_args!("# {}\n", plain(&told.spec().name)));
    for line in text::block(&told.spec().task).lines() {
        put(format_args!("> {}", plain(line)));
    }
    put(format_args!("\n**Score {}**, 1.00 at most\n", figures::share(told.score.score)));
    put(format_args!("| | | whose word |\n|---|---|---|"));
    for fact in facts(told) {
        put(format_args!("| {} | {} | {} |", fact.name, plain(&fact.value), fact.origin.word()));
    }
    put(format_args!("\n## Checks\n"));
    if told.spec().checks.is_empty() {
        put(format_args!("None is defined, so nothing but its agent says that it is done."));
    }
    for spec in &told.spec().checks {
        let last = told.state.last_check(&spec.name);
        let said = last.map_or_else(|| "was not run".to_owned(), domain::event::CheckFinished::says);
        let required = if spec.required { "required" } else { "optional" };
        put(format_args!("- {} ({required}): {}", plain(&spec.name), plain(&said)));
    }
    put(format_args!("\n## Score\n\n| part | weight | value | why |\n|---|---|---|---|"));
    for part in &told.score.parts {
        let value = part.value.map_or_else(|| figures::UNKNOWN.to_owned(), figures::share);
        put(format_args!("| {} | {} | {value} | {} |", part.name, figures::share(part.weight), plain(&part.reason)));
    }
    let unknown = unknown(told);
    if !unknown.is_empty() {
        put(format_args!("\n## Not known\n"));
        for what in unknown {
            put(format_args!("- {}", plain(&what)));
        }
    }
    md
}

/// The value as one line in which nothing is Markdown or HTML.
fn plain(value: &str) -> String {
    let mut plain = String::new();
    for c in text::shown(value).chars() {
        if "\\`*_{}[]()<>#|~&!".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}
