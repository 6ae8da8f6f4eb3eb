//! The price table with a person's own one before it, read again when that changes.

use std::path::PathBuf;
use std::time::SystemTime;

use domain::Timestamp;
use domain::event::ModelCalled;
use domain::money::Usd;
use domain::tokens::Tokens;
use metering::Prices;

/// A table that is up to date.
#[derive(Debug)]
pub struct PriceBook {
    own: PathBuf,
    read: Option<SystemTime>,
    prices: Prices,
}

impl PriceBook {
    /// With a person's own table at `own`, which need not exist.
    pub fn new(own: PathBuf) -> Self {
        let mut book = Self { own, read: None, prices: Prices::built_in() };
        book.refresh();
        book
    }

    fn refresh(&mut self) {
        let plain = std::fs::metadata(&self.own).ok().filter(std::fs::Metadata::is_file);
        let written = plain.and_then(|meta| meta.modified().ok());
        if written == self.read {
            return;
        }
        self.read = written;
        let text = std::fs::read_to_string(&self.own).unwrap_or_default();
        match Prices::with(&self.own.display().to_string(), &text) {
            Ok(prices) => self.prices = prices,
            // `doctor` tells of it; the prices from before go on to count.
            Err(error) => tracing::error!(%error, "the price table"),
        }
    }

    /// What tokens of a model cost at that time; `None` when there is no price.
    pub fn cost(&mut self, model: &str, at: Timestamp, tokens: &Tokens, cache_write_1h: u64) -> Option<Usd> {
        self.refresh();
        self.prices.cost(model, at, tokens, cache_write_1h)
    }

    /// Fills in what a call costs.
    pub(crate) fn fill_in(&mut self, call: &mut ModelCalled) {
        let priced = call.special.is_none().then(|| call.model().zip(call.tokens)).flatten();
        let priced = priced.map(|(model, tokens)| (model.to_owned(), tokens));
        call.cost_usd =
            priced.and_then(|(model, tokens)| self.cost(&model, call.began_at, &tokens, call.cache_write_1h));
    }
}
