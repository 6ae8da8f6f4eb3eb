//! The price table: which model costs what, since when, and where that is written.

use domain::Timestamp;
use domain::money::Usd;
use domain::tokens::Tokens;
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

/// The table that pilothouse comes with.
const BUILT_IN: &str = include_str!("../../../../assets/prices.toml");

/// Pico-dollars of one token at 1 USD per million tokens.
const PICO_PER_TOKEN: f64 = 1e6;

/// Prices of models, the ones that count first.
#[derive(Debug, Clone)]
pub struct Prices {
    entries: Vec<PriceEntry>,
}

#[derive(Debug, Clone)]
struct PriceEntry {
    models: Vec<GlobMatcher>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    price: Price,
}

/// An entry of the price table: USD per million tokens of each bucket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Names of models, in which `*` stands for anything.
    pub models: Vec<String>,
    pub input: f64,
    pub output: f64,
    /// The price of reads from a cache; not known when left out.
    #[serde(default)]
    pub cache_read: Option<f64>,
    /// The price of writes to a cache; that of input when left out.
    #[serde(default)]
    pub cache_write: Option<f64>,
    /// The price of writes that are to be kept for an hour; that of other writes when left out.
    #[serde(default)]
    pub cache_write_1h: Option<f64>,
    /// The day from which it holds, `YYYY-MM-DD` in UTC; always when left out.
    #[serde(default)]
    pub from: Option<String>,
    /// The first day on which it holds no more.
    #[serde(default)]
    pub until: Option<String>,
    /// Where it is written.
    pub source: String,
    /// Instead of these, for a request with a long input.
    #[serde(default)]
    pub long: Option<Long>,
}

/// Prices of a request with a long input.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Long {
    /// Tokens of input, cached ones too, above which they hold for the whole request.
    pub above: u64,
    pub input: f64,
    pub output: f64,
    #[serde(default)]
    pub cache_read: Option<f64>,
    #[serde(default)]
    pub cache_write: Option<f64>,
    #[serde(default)]
    pub cache_write_1h: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    #[serde(default)]
    price: Vec<Price>,
}

/// A price table with a mistake.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    #[error("{file}: line {line}: {why}")]
    Parse { file: String, line: usize, why: String },
    #[error("{file}: the price of {models}: {why}")]
    Value { file: String, models: String, why: String },
}

impl Prices {
    /// The table that pilothouse comes with.
    pub fn built_in() -> Self {
        Self { entries: read("prices.toml", BUILT_IN).expect("a test reads the built-in table") }
    }

    /// A person's own table `text` before the built-in one.
    ///
    /// # Errors
    /// Names the file, and the line or the entry.
    pub fn with(file: &str, text: &str) -> Result<Self, PricesError> {
        let mut entries = read(file, text)?;
        entries.extend(Self::built_in().entries);
        Ok(Self { entries })
    }

    /// The first entry that fits the model at that time.
    pub fn find(&self, model: &str, at: Timestamp) -> Option<&Price> {
        // Claude Code adds the size of its window to a model's name.
        let model = model.split('[').next().unwrap_or(model);
        let fits = |name: &str| {
            let held = |entry: &&PriceEntry| {
                entry.from.is_none_or(|from| from <= at) && entry.until.is_none_or(|until| at < until)
            };
            self.entries.iter().filter(held).find(|entry| entry.models.iter().any(|glob| glob.is_match(name)))
        };
        // Some name the provider before the model.
        let alone = model.rsplit('/').next().unwrap_or(model);
        fits(model).or_else(|| fits(alone)).map(|entry| &entry.price)
    }

    /// The cost of one request's tokens; `None` when the model, or one of its buckets, has no price.
    pub fn cost(&self, model: &str, at: Timestamp, tokens: &Tokens, cache_write_1h: u64) -> Option<Usd> {
        self.find(model, at)?.cost(tokens, cache_write_1h)
    }

    /// Every entry, the ones that count first.
    pub fn all(&self) -> impl Iterator<Item = &Price> {
        self.entries.iter().map(|entry| &entry.price)
    }
}

impl Price {
    fn cost(&self, tokens: &Tokens, cache_write_1h: u64) -> Option<Usd> {
        let input = tokens.input.saturating_add(tokens.cache_read).saturating_add(tokens.cache_write);
        let own = (self.input, self.output, self.cache_read, self.cache_write, self.cache_write_1h);
        let long = self.long.as_ref().filter(|long| input > long.above);
        let rates = long.map_or(own, |l| (l.input, l.output, l.cache_read, l.cache_write, l.cache_write_1h));
        let (input, output, cache_read, cache_write, hour) = rates;
        let cache_write = cache_write.unwrap_or(input);
        let kept = cache_write_1h.min(tokens.cache_write);
        let mut pico = 0u64;
        for (count, rate) in [
            (tokens.input, Some(input)),
            (tokens.output, Some(output)),
            (tokens.cache_read, cache_read),
            (tokens.cache_write - kept, Some(cache_write)),
            (kept, hour.or(Some(cache_write))),
        ] {
            if count > 0 {
                let rate = (rate? * PICO_PER_TOKEN).round() as u64;
                pico = pico.saturating_add(count.saturating_mul(rate));
            }
        }
        Some(Usd::from_pico(pico))
    }

    /// Why it can't be used.
    fn problem(&self) -> Option<String> {
        let long = self.long.as_ref();
        let own = [Some(self.input), Some(self.output), self.cache_read, self.cache_write, self.cache_write_1h];
        let more = long.map(|l| [Some(l.input), Some(l.output), l.cache_read, l.cache_write, l.cache_write_1h]);
        let rates = own.into_iter().chain(more.into_iter().flatten()).flatten();
        let odd = |rate: &f64| !rate.is_finite() || !(0.0..=1e6).contains(rate);
        if let Some(rate) = rates.into_iter().find(odd) {
            return Some(format!("{rate}: expected USD per million tokens, from 0 to a million"));
        }
        if self.models.is_empty() {
            return Some("expected models = [\"NAME\", …]".to_owned());
        }
        None
    }
}

fn read(file: &str, text: &str) -> Result<Vec<PriceEntry>, PricesError> {
    let parsed: PriceFile = toml::from_str(text).map_err(|e| PricesError::Parse {
        file: file.to_owned(),
        line: e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
        why: e.message().to_owned(),
    })?;
    let entry = |price: Price| {
        let wrong = |why: String| PricesError::Value { file: file.to_owned(), models: price.models.join(", "), why };
        if let Some(why) = price.problem() {
            return Err(wrong(why));
        }
        let glob = |name: &String| GlobBuilder::new(name).build().map(|glob| glob.compile_matcher());
        let models = price.models.iter().map(glob).collect::<Result<_, _>>().map_err(|e| wrong(e.to_string()))?;
        let date = |text: &Option<String>| text.as_deref().map(day).transpose();
        let (from, until) = (date(&price.from).map_err(wrong)?, date(&price.until).map_err(wrong)?);
        Ok(PriceEntry { models, from, until, price })
    };
    parsed.price.into_iter().map(entry).collect()
}

/// Midnight of a day, in UTC.
fn day(text: &str) -> Result<Timestamp, String> {
    let date: jiff::civil::Date = text.parse().map_err(|_| format!("{text:?}: expected YYYY-MM-DD"))?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| e.to_string())?;
    Ok(Timestamp::from_millis(midnight.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn cost(prices: &Prices, model: &str, tokens: Tokens, hour: u64) -> Option<f64> {
        prices.cost(model, Timestamp::from_millis(NOW), &tokens, hour).map(Usd::as_f64)
    }

    /// Tokens of a recorded run, and what Claude Code 2.1.197 said that it cost.
    const RECORDED: Tokens = Tokens { input: 39, output: 347, cache_read: 29_016, cache_write: 15_129 };

    #[test]
    fn built_in_prices_match_a_recorded_run() {
        let prices = Prices::built_in();
        assert_eq!(cost(&prices, "claude-opus-4-8", RECORDED, 0), Some(0.117_934_25));
        assert_eq!(cost(&prices, "anthropic/claude-opus-4-8[1m]", RECORDED, 0), Some(0.117_934_25));
        assert_eq!(cost(&prices, "a-model-that-nobody-knows", RECORDED, 0), None, "unknown is never zero");
        for price in prices.all() {
            assert!(price.source.starts_with("https://"), "{:?} has no source", price.models);
        }
    }

    const OWN: &str = r#"
        [[price]]
        models = ["new-*"]
        input = 4
        output = 8
        from = "2030-01-01"
        source = "a contract"
        [[price]]
        models = ["new-*", "claude-opus-4-8"]
        input = 1
        output = 2
        cache_read = 0.1
        cache_write_1h = 3
        source = "a contract"
        [price.long]
        above = 1000
        input = 10
        output = 20
        cache_read = 1
    "#;

    // With their tiers, and from their days on.
    #[test]
    fn a_persons_own_prices_count_first() {
        let prices = Prices::with("own.toml", OWN).expect("a good table");
        let tokens = |input, cache_read, cache_write, output| Tokens { input, output, cache_read, cache_write };
        assert_eq!(cost(&prices, "new-1", tokens(500, 0, 0, 100), 0), Some(0.000_7));
        assert_eq!(cost(&prices, "claude-opus-4-8", tokens(100, 0, 100, 0), 60), Some((100.0 + 40.0 + 180.0) / 1e6));
        assert_eq!(cost(&prices, "new-1", tokens(500, 501, 0, 100), 0), Some((5000.0 + 501.0 + 2000.0) / 1e6));
        let later = Timestamp::from_millis(NOW + 4 * 366 * 86_400_000);
        assert_eq!(prices.find("new-1", later).map(|price| price.input), Some(4.0));
        let none = prices.cost("new-1", later, &tokens(0, 1, 0, 0), 0);
        assert_eq!(none, None, "a bucket without a price makes the whole unknown");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("[[price]]\nmodels = [\"a\"]\ninput = 1\noutput = 1\nsource = \"s\"\ncash = 3", "line 6"),
            ("[[price]]\nmodels = [\"a\"]\ninput = -1\noutput = 1\nsource = \"s\"", "price of a: -1"),
            ("[[price]]\nmodels = []\ninput = 1\noutput = 1\nsource = \"s\"", "expected models"),
            ("[[price]]\nmodels = [\"a\"]\ninput = 1\noutput = 1\nsource = \"s\"\nfrom = \"soon\"", "YYYY-MM-DD"),
        ] {
            let error = Prices::with("own.toml", text).expect_err(text).to_string();
            assert!(error.starts_with("own.toml: ") && error.contains(word), "{error}");
        }
    }
}
