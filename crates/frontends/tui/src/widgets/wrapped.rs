//! Text over several lines, broken between words where it can be.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in lines of at most `width` columns; at least one line. It is made harmless first.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = domain::text::line(text);
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let long = word.trim_end().width();
        if used > 0 && used + long > width {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width {
                // A space that does not fit is the break itself.
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_are_never_too_wide() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), [""]);
        for text in ["日本語のテキスト です", "a b c d e", "\u{1b}[31mred and more"] {
            for width in 2..12 {
                assert!(wrapped(text, width).iter().all(|line| line.width() <= width), "{text:?} in {width}");
            }
        }
    }
}
