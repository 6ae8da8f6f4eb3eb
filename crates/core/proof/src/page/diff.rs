//! The changes as readable HTML: a part for each file, with its lines.

use std::fmt::Write as _;

use domain::text::{ShownText, Signs};
use quick_xml::escape::escape;

use super::text_html::line;

/// Lines of one file that are shown; the patch itself has all of them.
const MOST_OF_FILE: usize = 1_000;
/// Lines in all.
const MOST: usize = 20_000;

struct PatchedFile<'a> {
    name: String,
    lines: Vec<&'a str>,
    added: usize,
    removed: usize,
    binary: bool,
    signs: Signs,
}

pub(super) fn html(patch: &[u8]) -> String {
    let text = String::from_utf8_lossy(patch);
    let files = files(&text);
    if files.is_empty() {
        return "<p>Nothing.</p>".to_owned();
    }
    let mut html = String::new();
    let mut left = MOST;
    for file in &files {
        let open = if left > 0 && file.lines.len() <= 400 { " open" } else { "" };
        write!(
            html,
            "<details{open}><summary><code>{}</code> <span class=\"plus\">+{}</span> <span class=\"minus\">-{}</span>{}</summary><pre>",
            line(&file.name),
            file.added,
            file.removed,
            file.signs.says().map_or_else(String::new, |says| format!(" <b class=\"sign\">{}</b>", escape(says)))
        )
        .expect("writing to a string can't fail");
        if file.binary {
            html.push_str("<span class=\"h\">a binary file; its bytes are in changes.patch</span>");
        } else {
            let shown = file.lines.len().min(MOST_OF_FILE).min(left);
            left -= shown;
            html.extend(file.lines[..shown].iter().map(|text| span(text)));
            if shown < file.lines.len() {
                let more = file.lines.len() - shown;
                write!(html, "<span class=\"h\">… {more} more lines are in changes.patch</span>")
                    .expect("writing to a string can't fail");
            }
        }
        html.push_str("</pre></details>\n");
    }
    html
}

fn span(text: &str) -> String {
    let class = match text.as_bytes().first() {
        Some(b'+') => " class=\"a\"",
        Some(b'-') => " class=\"d\"",
        Some(b'@' | b'\\') => " class=\"h\"",
        _ => "",
    };
    // An empty line would have no height.
    let shown = if text.is_empty() { " ".to_owned() } else { with_signs(&ShownText::of(text)) };
    format!("<span{class}>{shown}</span>")
}

/// A line as harmless HTML in which hidden signs stand out.
fn with_signs(line: &ShownText) -> String {
    let mut html = String::new();
    let mut from = 0;
    for sign in &line.signs {
        let (before, sign_text) = (escape(&line.text[from..sign.start]), escape(&line.text[sign.clone()]));
        write!(html, "{before}<b class=\"sign\">{sign_text}</b>").expect("writing to a string can't fail");
        from = sign.end;
    }
    html.push_str(&escape(&line.text[from..]));
    html
}

/// The files of a patch. Only what stands between a header and the next one is a file's.
fn files(text: &str) -> Vec<PatchedFile<'_>> {
    let mut files: Vec<PatchedFile<'_>> = Vec::new();
    let mut in_hunk = false;
    for text in text.split_terminator('\n') {
        if let Some(rest) = text.strip_prefix("diff --git ") {
            in_hunk = false;
            files.push(PatchedFile {
                name: name(rest),
                lines: Vec::new(),
                added: 0,
                removed: 0,
                binary: false,
                signs: Signs::default(),
            });
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        in_hunk |= text.starts_with("@@ ");
        if text.starts_with("GIT binary patch") {
            file.binary = true;
        }
        if in_hunk {
            file.added += usize::from(text.starts_with('+'));
            file.removed += usize::from(text.starts_with('-'));
            file.signs.add(&ShownText::of(text));
            file.lines.push(text);
        } else if ["new file", "deleted file", "old mode", "new mode"].iter().any(|word| text.starts_with(word)) {
            file.lines.push(text);
        }
    }
    files
}

/// Both sides have the same name, since renames are told as a removed and a new file.
fn name(rest: &str) -> String {
    let half = rest.len() / 2;
    let plain = rest.get(..half).filter(|first| rest.get(half + 1..).is_some_and(|other| other.len() == first.len()));
    let one = plain.unwrap_or(rest).trim_matches('"');
    one.strip_prefix("a/").unwrap_or(one).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_files_diff_is_markup() {
        let patch = "diff --git a/src/a b.rs b/src/a b.rs\nindex 1..2 100644\n--- a/src/a b.rs\n+++ b/src/a b.rs\n\
                     @@ -1,2 +1,2 @@\n context\n-<script>alert(1)</script>\n+\u{1b}[2Jn\u{202e}ew\r\n\
                     diff --git a/x.png b/x.png\nnew file mode 100644\nGIT binary patch\nliteral 4\nxyz\n";
        let files = files(patch);
        let told: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.added, f.removed, f.binary)).collect();
        assert_eq!(told, [("src/a b.rs", 1, 1, false), ("x.png", 0, 0, true)]);
        let html = html(patch.as_bytes());
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script") && !html.contains('\u{1b}'), "{html}");
        let sign = |sign: &str| format!("<b class=\"sign\">{sign}</b>");
        assert!(html.contains(&format!("+{}[2Jn{}ew{}", sign("^["), sign("&lt;U+202E&gt;"), sign("^M"))), "{html}");
        assert!(html.contains(&sign("hidden signs: 1 &lt;U+202E&gt;, 1 ^M, 1 ^[")), "{html}");
    }
}
