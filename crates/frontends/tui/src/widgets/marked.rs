//! Text in which what was searched for stands out.

use ratatui::style::Style;
use ratatui::text::Span;

use crate::theme::{Role, Theme};

/// `text` in pieces, with every place that has `wanted` (whatever its case) marked.
pub(crate) fn marked(text: String, wanted: Option<&str>, style: Style, theme: &Theme) -> Vec<Span<'static>> {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return vec![Span::styled(text, style)] };
    let mut spans = Vec::new();
    let mut from = 0;
    for (at, end) in places(&text, wanted) {
        if at > from {
            spans.push(Span::styled(text[from..at].to_owned(), style));
        }
        spans.push(Span::styled(text[at..end].to_owned(), style.patch(theme.style(Role::Match))));
        from = end;
    }
    if from < text.len() || spans.is_empty() {
        spans.push(Span::styled(text[from..].to_owned(), style));
    }
    spans
}

/// Where `wanted` stands in `text`, in bytes.
pub(crate) fn places(text: &str, wanted: &str) -> Vec<(usize, usize)> {
    // Lower case may have other lengths than the text, so it is compared character by character.
    let wanted: Vec<char> = wanted.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    let mut after = 0;
    for (at, _) in text.char_indices() {
        if at < after || wanted.is_empty() {
            continue;
        }
        let mut left = wanted.iter();
        let mut next = left.next();
        for (offset, c) in text[at..].char_indices() {
            if !c.to_lowercase().all(|lower| {
                let same = next == Some(&lower);
                next = left.next();
                same
            }) {
                break;
            }
            if next.is_none() {
                after = at + offset + c.len_utf8();
                found.push((at, after));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_whatever_its_case() {
        assert_eq!(places("aAa", "a"), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(places("İstanbul und istanbul", "istanbul"), [(14, 22)]);
        assert_eq!(places("日本語日本", "日本"), [(0, 6), (9, 15)]);
        assert_eq!(places("abc", "abcd"), []);
    }
}
