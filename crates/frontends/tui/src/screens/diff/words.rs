//! The words in which two versions of a line differ.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

/// Longer lines are minified code or data, in which no one looks for words.
const LONGEST: usize = 1_000;
/// Lines that have less in common are two different lines.
const ALIKE: f32 = 0.35;

/// The bytes of the old and of the new line that differ; nothing where the lines have too little in common.
pub(super) fn differ(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old.len() > LONGEST || new.len() > LONGEST {
        return (Vec::new(), Vec::new());
    }
    let diff = TextDiff::from_unicode_words(old, new);
    if diff.ratio() < ALIKE {
        return (Vec::new(), Vec::new());
    }
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut at_old, mut at_new) = (0, 0);
    for change in diff.iter_all_changes() {
        let long = change.value().len();
        match change.tag() {
            ChangeTag::Equal => (at_old, at_new) = (at_old + long, at_new + long),
            ChangeTag::Delete => {
                extend(&mut gone, at_old, long);
                at_old += long;
            }
            ChangeTag::Insert => {
                extend(&mut come, at_new, long);
                at_new += long;
            }
        }
    }
    (gone, come)
}

/// Ranges that meet become one.
fn extend(ranges: &mut Vec<Range<usize>>, from: usize, long: usize) {
    match ranges.last_mut().filter(|last| last.end == from) {
        Some(last) => last.end += long,
        None => ranges.push(from..from + long),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_words_are_found_in_similar_lines() {
        let (old, new) = ("let total = price + tax;", "let total = price * taxes;");
        let (gone, come) = differ(old, new);
        let cut =
            |text: &str, ranges: &[Range<usize>]| ranges.iter().map(|r| text[r.clone()].to_owned()).collect::<Vec<_>>();
        assert_eq!(cut(old, &gone), ["+", "tax"]);
        assert_eq!(cut(new, &come), ["*", "taxes"]);
        assert_eq!(differ("alpha beta gamma", "one two three four"), (Vec::new(), Vec::new()));
        assert_eq!(differ("é ü", "é ö").1.first(), Some(&(3..5)));
    }
}
