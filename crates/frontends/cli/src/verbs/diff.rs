//! `pilothouse diff`: what a run has changed, committed or not. A person at a terminal sees every sign of it; a program gets a
//! patch for git apply(1).

use client::Places;
use domain::text::{ShownText, Signs};
use domain::{digest, figures, text};
use protocol::{Code, DiffReply, Reply, Request};

use super::find::here;
use crate::args::DiffArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn diff(args: DiffArgs, places: &Places) -> Result<Code, CliError> {
    let mut connection = client::connect(places).await?;
    let mut out = Out::stdout(args.json);
    let patch = !out.terminal && !out.json && !args.stat;
    let request = Request::Diff { run: args.run, scope: here()?, since: args.since, patch };
    let Reply::Diff(diff) = connection.ask(request).await? else {
        return Err(client::ClientError::Unexpected.into());
    };
    if out.json {
        out.value(&diff)?;
        return Ok(Code::Done);
    }
    if args.stat {
        let lines = |n: Option<u64>| n.map_or_else(|| figures::UNKNOWN.to_owned(), |n| n.to_string());
        let rows: Vec<_> =
            diff.files.iter().map(|f| vec![lines(f.added), lines(f.removed), text::shown(&f.path)]).collect();
        out.table(&["+", "-", "FILE"], &rows)?;
        return Ok(Code::Done);
    }
    // On standard error, so that a patch stays one.
    for left in &diff.left_out {
        super::report::complain(&format!("not in it: {}", text::shown(left)));
    }
    if patch {
        return give(&diff, &mut out);
    }
    // `NO_COLOR` is asked for what it says (no-color.org): set and not empty.
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    for line in readable(&diff.text) {
        out.line(if plain { line.text } else { line.coloured() })?;
    }
    if diff.cut {
        super::report::complain("the rest is left out; `git diff` in the worktree shows all of it");
    }
    Ok(Code::Done)
}

/// Prints the patch as it is, byte for byte. A patch that was cut is refused: what it leaves out would look like what
/// was not changed.
fn give(diff: &DiffReply, out: &mut Out) -> Result<Code, CliError> {
    if diff.cut {
        let from = text::short(&diff.from);
        let reason =
            format!("the patch is longer than 16 MiB; `git diff --binary {from}` in the worktree gives all of it");
        return Err(CliError::new(Code::Refused, reason));
    }
    let bytes = diff.bytes.as_deref().map(|hex| digest::from_hex(hex).ok_or(client::ClientError::Unexpected));
    out.bytes(&bytes.transpose()?.unwrap_or_else(|| diff.text.clone().into_bytes()))?;
    Ok(Code::Done)
}

/// A line of a diff as a terminal may have it.
struct PatchLine {
    text: String,
    /// Byte ranges of the text that stand for hidden signs.
    signs: Vec<std::ops::Range<usize>>,
    colour: Option<u8>,
}

/// The lines of a diff with all that is hidden in them. Tabs stay, as git leaves them, and each file's heading counts the rest.
fn readable(diff: &str) -> Vec<PatchLine> {
    let mut lines: Vec<PatchLine> = Vec::new();
    let (mut heading, mut signs) = (None, Signs::default());
    let end = |lines: &mut Vec<PatchLine>, heading: Option<usize>, signs: &mut Signs| {
        if let (Some(at), Some(says)) = (heading, std::mem::take(signs).says()) {
            lines.insert(at + 1, PatchLine { text: says, signs: Vec::new(), colour: Some(33) });
        }
    };
    for raw in diff.split_terminator('\n') {
        if raw.starts_with("diff --git ") {
            end(&mut lines, heading, &mut signs);
            heading = Some(lines.len());
        }
        let mut line = PatchLine { text: String::new(), signs: Vec::new(), colour: colour(raw) };
        for (at, part) in raw.split('\t').enumerate() {
            if at > 0 {
                line.text.push('\t');
            }
            let shown = ShownText::of(part);
            signs.add(&shown);
            let from = line.text.len();
            line.signs.extend(shown.signs.iter().map(|sign| sign.start + from..sign.end + from));
            line.text.push_str(&shown.text);
        }
        lines.push(line);
    }
    end(&mut lines, heading, &mut signs);
    lines
}

impl PatchLine {
    /// The line in its colour, with its hidden signs in reverse: nothing that a file has looks like them.
    fn coloured(&self) -> String {
        let mut line = String::new();
        let mut from = 0;
        let plain = self.colour.map_or_else(String::new, |colour| format!("\u{1b}[{colour}m"));
        for sign in &self.signs {
            line.push_str(&format!(
                "{plain}{}\u{1b}[0;7m{}\u{1b}[0m",
                &self.text[from..sign.start],
                &self.text[sign.clone()]
            ));
            from = sign.end;
        }
        let end = if self.colour.is_some() { "\u{1b}[0m" } else { "" };
        line.push_str(&format!("{plain}{}{end}", &self.text[from..]));
        line
    }
}

/// The named colour of a line of a unified diff, as git has them.
fn colour(line: &str) -> Option<u8> {
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(1),
        [b'+', ..] => Some(32),
        [b'-', ..] => Some(31),
        [b'@', b'@', ..] => Some(36),
        _ if line.starts_with("diff ") || line.starts_with("index ") => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_signs_are_shown_and_counted() {
        let diff =
            "diff --git a/x b/x\n@@ -1 +1,2 @@\n-a\n+a\r\n+\tif \u{202e}x\u{1b}[8m\ndiff --git a/y b/y\n+plain\n";
        let lines: Vec<_> = readable(diff).into_iter().map(|line| line.text).collect();
        assert_eq!(
            lines,
            [
                "diff --git a/x b/x",
                "hidden signs: 1 <U+202E>, 1 ^M, 1 ^[",
                "@@ -1 +1,2 @@",
                "-a",
                "+a^M",
                "+\tif <U+202E>x^[[8m",
                "diff --git a/y b/y",
                "+plain",
            ]
        );
    }

    #[test]
    fn hidden_signs_differ_from_lookalike_text() {
        let lines = readable("+<U+202E>\u{202e}\n");
        assert_eq!(lines[0].coloured(), "\u{1b}[32m+<U+202E>\u{1b}[0;7m<U+202E>\u{1b}[0m\u{1b}[32m\u{1b}[0m");
    }
}
