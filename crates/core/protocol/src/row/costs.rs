//! A row's tokens and money in words.

use domain::figures::{self, UNKNOWN};

use super::Row;

impl Row {
    /// The cost in words: `$1.92`; `~$1.92` by the agent's own figures; `$1.92+` where the provider may bill more; `—`.
    pub fn cost_says(&self) -> String {
        self.cost_usd.map_or_else(|| UNKNOWN.to_owned(), |usd| self.marked(&figures::money(usd)))
    }

    /// Returns [`Self::cost_says`] with as many digits as `columns` hold.
    pub fn cost_says_within(&self, columns: usize) -> String {
        let whole = self.cost_says();
        let (Some(usd), true) = (self.cost_usd, whole.chars().count() > columns) else { return whole };
        let shorter = [2, 1, 0].map(|digits| self.marked(&figures::money_with(usd, digits)));
        shorter.into_iter().find(|text| text.chars().count() <= columns).unwrap_or(whole)
    }

    /// Returns an amount with the marks of who says it and of what may come on top.
    fn marked(&self, money: &str) -> String {
        let more = if self.calls_cut.is_some_and(|n| n > 0) { "+" } else { "" };
        format!("{}{money}{more}", self.own_mark())
    }

    /// How many tokens in all: `12k`; `~12k` by the agent's own figures; `—`.
    pub fn tokens_says(&self) -> String {
        self.tokens.map_or_else(|| UNKNOWN.to_owned(), |t| format!("{}{}", self.own_mark(), figures::count(t.total)))
    }

    /// Marks the agent's own figures.
    pub fn own_mark(&self) -> &'static str {
        if self.tokens_source.as_deref() == Some("gateway") { "" } else { "~" }
    }
}
