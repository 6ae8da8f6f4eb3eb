//! Budgets as people write them.

use domain::budget::Budget;
use domain::money::Usd;
use serde::Deserialize;
use toml::Spanned;

/// The text of what every budget is expected to be.
pub(crate) const EXPECTED: &str = "USD like 5.0, tokens like \"2M tokens\", or \"none\"";

/// The table of budgets as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BudgetTable {
    pub(crate) run: Option<Spanned<toml::Value>>,
    pub(crate) repository: Option<Spanned<toml::Value>>,
    pub(crate) day: Option<Spanned<toml::Value>>,
}

/// `5.0`, `5`, `"$5"`, `"2M tokens"`, `"none"`; `None` for anything else.
#[expect(clippy::wildcard_enum_match_arm, reason = "a budget is a number or a text")]
pub(crate) fn read(value: &toml::Value) -> Option<Budget> {
    let usd =
        |usd: f64| Usd::new(usd).filter(|usd| *usd > Usd::ZERO).map(|usd| Budget { usd: Some(usd), tokens: None });
    match value {
        toml::Value::Float(amount) => usd(*amount),
        toml::Value::Integer(amount) => usd(*amount as f64),
        toml::Value::String(text) => Budget::parse(text),
        _ => None,
    }
}

impl BudgetTable {
    pub(crate) fn mistake(&self) -> Option<(usize, String, String, &'static str)> {
        let all = [("run", &self.run), ("repository", &self.repository), ("day", &self.day)];
        all.into_iter().find_map(|(name, said)| {
            let wrong = said.as_ref().filter(|said| read(said.get_ref()).is_none())?;
            Some((wrong.span().start, format!("budget.{name}"), wrong.get_ref().to_string(), EXPECTED))
        })
    }
}
