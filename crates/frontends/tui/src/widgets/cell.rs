//! Text that takes exactly as many columns as it is given.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in exactly `width` columns, cut with `…` where it is too long. It is made harmless first.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let text = domain::text::line(text);
    let have = text.width();
    if have <= width {
        return format!("{text}{}", " ".repeat(width - have));
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        out.push(c);
        used += wide;
    }
    if width > 0 {
        out.push('…');
        used += 1;
    }
    out.push_str(&" ".repeat(width - used));
    out
}

/// As [`fit`], but what is cut out is not the end: names that begin alike end in different numbers.
pub(crate) fn fit_ends(text: &str, width: usize) -> String {
    let text = domain::text::line(text);
    if text.width() <= width || width < 10 {
        return fit(&text, width);
    }
    let tail: String = text.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head = fit(&text, width.saturating_sub(tail.width()));
    fit(&format!("{}{tail}", head.trim_end()), width)
}

/// As [`fit`], to the right.
pub(crate) fn fit_right(text: &str, width: usize) -> String {
    let fitted = fit(text, width);
    let text = fitted.trim_end();
    format!("{}{text}", " ".repeat(width - text.width()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_the_width_asked_for() {
        for text in ["", "abc", "abcdefghij", "日本語のテキスト", "e\u{301}clair", "\u{1b}[31mred", "a😀b😀c"]
        {
            for width in 0..12 {
                assert_eq!(fit(text, width).width(), width, "{text:?} in {width}");
                assert_eq!(fit_right(text, width).width(), width, "{text:?} in {width}");
                assert_eq!(fit_ends(text, width).width(), width, "{text:?} in {width}");
            }
        }
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit_right("7", 3), "  7");
        assert_eq!(fit_ends("do-task-number-12", 14), "do-task-n…r-12");
    }
}
