//! Which of all matches a search has come to.

/// A match that was found, counted from 1, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nth {
    pub(crate) n: usize,
    pub(crate) of: usize,
    /// Text that is not loaded may have more matches.
    pub(crate) more: bool,
}

impl Nth {
    /// Counts `matches`, of which the one at `found` was found.
    pub(crate) fn count(matches: impl Iterator<Item = usize>, found: usize, more: bool) -> Self {
        let (mut n, mut of) = (0, 0);
        for at in matches {
            of += 1;
            n += usize::from(at <= found);
        }
        Self { n, of, more }
    }
}

/// `3 of 12 /wanted`, as far as it is known: what was typed is cut before the count is.
pub(crate) fn searched(wanted: &str, nth: Option<Nth>) -> String {
    match nth {
        Some(Nth { n, of, more }) => format!("{n} of {of}{} /{wanted}", if more { "+" } else { "" }),
        None => format!("/{wanted}"),
    }
}
