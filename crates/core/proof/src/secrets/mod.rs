//! What looks like a secret in what a run adds: rules by the forms that providers document, and entropy.

mod rules;

use domain::event::SecretFound;
use domain::text::MASKED;
use serde_json::Value;

pub use rules::Rules;

/// Secrets at which a search of a patch ends.
const MOST: usize = 200;

impl Rules {
    /// Finds what looks like a secret in what a patch adds: where it stands, and never what it is. `None` where nothing
    /// was found and not all could be looked at, as in what git takes for binary.
    pub fn search(&self, patch: &[u8]) -> Option<Vec<SecretFound>> {
        let mut found = self.added(patch);
        found.sort();
        found.dedup();
        let binary = patch.split(|b| *b == b'\n').any(|line| line == b"GIT binary patch");
        (!binary || !found.is_empty()).then_some(found)
    }

    /// The patch with every secret in it masked, removed ones and those around a change too.
    pub fn mask(&self, patch: &[u8]) -> Vec<u8> {
        let mut masked = Vec::with_capacity(patch.len());
        let mut in_key = false;
        for line in patch.split_inclusive(|b| *b == b'\n') {
            let text = String::from_utf8_lossy(line);
            if text.starts_with("diff --git ") || text.starts_with("@@ ") || text.contains("-----END ") {
                in_key = false;
            }
            let safe = match in_key && text.len() > 2 {
                // The body of a private key says what the line above it began.
                true => format!("{}{MASKED}private-key]\n", text.chars().next().unwrap_or(' ')),
                false => self.mask_line(&text),
            };
            in_key |= text.contains("PRIVATE KEY") && text.contains("-----BEGIN ");
            match safe == text {
                // What is not touched stays byte for byte what it was.
                true => masked.extend_from_slice(line),
                false => masked.extend_from_slice(safe.as_bytes()),
            }
        }
        masked
    }

    /// Any text with every secret in it masked; a private key to its end.
    pub fn mask_text(&self, text: &str) -> String {
        let mut masked = String::new();
        let mut rest = text;
        while let Some((before, key)) = split_key(rest) {
            masked.push_str(&self.mask_lines(before));
            masked.push_str(&format!("{MASKED}private-key]"));
            rest = key
                .split_once("-----END ")
                .map_or("", |(_, after)| after.split_once("KEY-----").map_or("", |(_, after)| after));
        }
        masked + &self.mask_lines(rest)
    }

    /// JSON with every secret in its strings masked; `None` where there is none, or where it is no JSON.
    pub fn mask_json(&self, text: &str) -> Option<Value> {
        let before: Value = serde_json::from_str(text).ok()?;
        let mut masked = before.clone();
        self.mask_value(&mut masked);
        (masked != before).then_some(masked)
    }

    fn mask_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.mask_text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.mask_value(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.mask_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_lines(&self, text: &str) -> String {
        text.split_inclusive('\n').map(|line| self.mask_line(line)).collect()
    }

    /// A line with every secret in it masked.
    fn mask_line(&self, line: &str) -> String {
        let mut matches = self.matches(line);
        matches.sort_unstable_by_key(|(from, to, _)| (*from, *to));
        let (mut masked, mut at) = (String::new(), 0);
        for (from, to, rule) in matches.into_iter() {
            if from < at {
                continue;
            }
            masked.push_str(&line[at..from]);
            masked.push_str(&format!("{MASKED}{rule}]"));
            at = to;
        }
        masked + &line[at..]
    }

    /// Finds the secrets in added lines.
    fn added(&self, patch: &[u8]) -> Vec<SecretFound> {
        let text = String::from_utf8_lossy(patch);
        let (mut all, mut path, mut line, mut in_hunk) = (Vec::new(), String::new(), 0u64, false);
        for said in text.lines() {
            if said.starts_with("diff --git ") {
                in_hunk = false;
            } else if let Some(name) = said.strip_prefix("+++ ").filter(|_| !in_hunk) {
                path = name.trim_matches('"').strip_prefix("b/").unwrap_or(name).to_owned();
            } else if let Some(rest) = said.strip_prefix("@@ ") {
                in_hunk = true;
                line = first_line(rest);
            } else if in_hunk && said.starts_with('+') {
                let matches = self.matches(said);
                let found = |rule: &str| SecretFound { path: path.clone(), line, rule: rule.to_owned() };
                all.extend(matches.into_iter().map(|(_, _, rule)| found(rule)));
                line += 1;
            } else if in_hunk && said.starts_with(' ') {
                line += 1;
            }
            if all.len() >= MOST {
                break;
            }
        }
        all
    }
}

/// Splits a text before a private key; `None` where the text has none.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices("-----BEGIN ").map(|(at, _)| at);
    let mut keys = at.filter(|at| text[*at..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY")));
    keys.next().map(|at| text.split_at(at))
}

/// The first line of the new file that a hunk shows.
fn first_line(header: &str) -> u64 {
    let new = header.split_whitespace().find_map(|part| part.strip_prefix('+'));
    new.and_then(|new| new.split(',').next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made here, so that no scanner takes this file for one with secrets.
    fn secret(prefix: &str, n: usize) -> String {
        let letters = b"a1B9c3D8e5F7g2H6j4K0mNpQrStUvWxYz";
        prefix.chars().chain((0..n).map(|i| char::from(letters[i * 7 % letters.len()]))).collect()
    }

    fn patch(lines: &[String]) -> String {
        let body: String = lines.iter().map(|line| format!("+{line}\n")).collect();
        format!(
            "diff --git a/src/a.rs b/src/a.rs\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,1 +1,9 @@ fn x\n context\n-removed\n{body}"
        )
    }

    #[test]
    fn added_tokens_are_told_by_rule() {
        let rules = Rules::built_in();
        let lines = [
            format!("let key = \"{}\";", secret("ghp_", 36)),
            "let key = \"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";".to_owned(),
            format!("ANTHROPIC={}", secret("sk-ant-api03-", 60)),
            format!("api_key = \"{}\"", secret("", 40)),
            "password = \"changemechangemechangeme\"".to_owned(),
            format!("{}{}", "-----BEGIN RSA PRIVATE ", "KEY-----"),
            format!("postgres://shop:{}@db.example.com/shop", secret("", 16)),
            "postgres://shop:${PASSWORD}@db/shop".to_owned(),
        ];
        let found = rules.search(patch(&lines).as_bytes()).expect("all was looked at");
        let told: Vec<(u64, &str)> = found.iter().map(|s| (s.line, s.rule.as_str())).collect();
        let expected = [
            (2, "github-token"),
            (4, "anthropic-key"),
            (5, "assigned-secret"),
            (7, "private-key"),
            (8, "password-in-url"),
        ];
        assert_eq!(told, expected, "{found:#?}");
        assert!(found.iter().all(|s| s.path == "src/a.rs"));
    }

    #[test]
    fn masking_changes_only_the_secrets() {
        let rules = Rules::built_in();
        let (one, other) = (secret("ghp_", 36), secret("sk-ant-api03-", 60));
        let text =
            patch(&[format!("a {one} b {other} c"), "plain".to_owned()]).replace("-removed", &format!("-old {one}"));
        let masked = String::from_utf8(rules.mask(text.as_bytes())).expect("text");
        assert!(!masked.contains(&one) && !masked.contains(&other), "{masked}");
        assert!(masked.contains("+a [masked: github-token] b [masked: anthropic-key] c\n+plain"), "{masked}");
        assert!(masked.contains("-old [masked: github-token]"), "{masked}");
        let plain = patch(&["nothing here".to_owned()]);
        assert_eq!(rules.mask(plain.as_bytes()), plain.as_bytes());
        assert_eq!(rules.mask(b"\xff\xfe\n"), b"\xff\xfe\n");
        let latin = [format!("+key = \"{one}\" # Schl").as_bytes(), b"\xfcssel\n"].concat();
        assert!(!String::from_utf8_lossy(&rules.mask(&latin)).contains(&one));
    }

    #[test]
    fn a_private_keys_body_is_masked() {
        let (begin, end) =
            (["-----BEGIN RSA PRIVATE ", "KEY-----"].concat(), ["-----END RSA PRIVATE ", "KEY-----"].concat());
        let text = patch(&[begin, "MIIEowIBAAKCAQEA".to_owned(), "c2VjcmV0".to_owned(), end, "plain".to_owned()]);
        let masked = String::from_utf8(Rules::built_in().mask(text.as_bytes())).expect("text");
        assert!(!masked.contains("MIIE") && !masked.contains("c2Vj"), "{masked}");
        assert!(masked.ends_with("-----\n+plain\n"), "{masked}");
    }

    #[test]
    fn any_text_is_masked_whole_keys_too() {
        let rules = Rules::built_in();
        let key =
            ["-----BEGIN RSA PRIVATE ", "KEY-----\\nMIIEow\nIBAAKC\n-----END RSA PRIVATE ", "KEY----- and on"].concat();
        let masked = rules.mask_text(&format!("cat id: {key}\nexport T={}\nplain", secret("ghp_", 36)));
        assert_eq!(masked, "cat id: [masked: private-key] and on\nexport T=[masked: github-token]\nplain");
        let cut = ["see -----BEGIN PRIVATE ", "KEY-----\nMIIEow"].concat();
        assert_eq!(rules.mask_text(&cut), "see [masked: private-key]");
        assert_eq!(rules.mask_text("-----BEGIN CERTIFICATE-----\nMII"), "-----BEGIN CERTIFICATE-----\nMII");
    }

    #[test]
    fn json_strings_are_masked_anywhere() {
        let rules = Rules::built_in();
        let text = format!(r#"{{"a":["x",{{"b":"key {}","n":1}}]}}"#, secret("ghp_", 36));
        let masked = rules.mask_json(&text).expect("there is one");
        assert_eq!(masked, serde_json::json!({"a": ["x", {"b": "key [masked: github-token]", "n": 1}]}));
        assert_eq!(rules.mask_json(r#"{"a":"plain"}"#), None);
        assert_eq!(rules.mask_json("{"), None);
    }

    #[test]
    fn a_binary_is_not_called_secretless() {
        let binary = b"diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 4\nxyz\n";
        assert_eq!(Rules::built_in().search(binary), None);
        assert_eq!(Rules::built_in().search(patch(&["plain".to_owned()]).as_bytes()), Some(Vec::new()));
    }
}
