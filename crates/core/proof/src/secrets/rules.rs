//! The rules of `assets/secrets.toml`, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../../../../assets/secrets.toml");

/// The rules of what looks like a secret.
#[derive(Debug)]
pub struct Rules(Vec<SecretRule>);

#[derive(Debug)]
struct SecretRule {
    name: String,
    has: String,
    pattern: Regex,
    entropy: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    name: String,
    has: String,
    pattern: String,
    #[serde(default)]
    entropy: f64,
}

impl Rules {
    /// The rules that come with pilothouse; read once, since that takes a while.
    pub fn built_in() -> &'static Self {
        static RULES: LazyLock<Rules> = LazyLock::new(Rules::read);
        &RULES
    }

    fn read() -> Self {
        let file: RulesFile = toml::from_str(BUILT_IN).expect("a test reads the built-in rules");
        let rule = |said: RuleEntry| SecretRule {
            pattern: Regex::new(&said.pattern).expect("a test reads the built-in rules"),
            name: said.name,
            has: said.has,
            entropy: said.entropy,
        };
        Self(file.rule.into_iter().map(rule).collect())
    }

    /// Where a line has a secret, in bytes, and by which rule; of several rules that fit one place the first.
    pub(super) fn matches(&self, line: &str) -> Vec<(usize, usize, &str)> {
        let mut found: Vec<(usize, usize, &str)> = Vec::new();
        for rule in self.0.iter().filter(|rule| line.contains(&rule.has)) {
            for captured in rule.pattern.captures_iter(line) {
                let Some(secret) = captured.get(1).or_else(|| captured.get(0)) else { continue };
                let (from, to) = (secret.start(), secret.end());
                let known = found.iter().any(|(start, end, _)| from < *end && *start < to);
                if !known && entropy(secret.as_str()) >= rule.entropy {
                    found.push((from, to, &rule.name));
                }
            }
        }
        found
    }
}

/// Shannon's entropy in bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, f64> = BTreeMap::new();
    let mut all = 0.0;
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
        all += 1.0;
    }
    counts.values().map(|count| count / all).map(|share| -share * share.log2()).sum()
}
