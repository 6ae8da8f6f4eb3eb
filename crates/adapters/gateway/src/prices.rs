//! The price table with a person's own one before it, read again when that changes.

use std::path::PathBuf;
use std::time::SystemTime;

use domain::Timestamp;
use domain::event::ModelCalled;
use domain::money::Usd;
use domain::tokens::{Amount, Tokens};
use metering::Prices;

/// A price table that is kept up to date.
#[derive(Debug)]
pub struct PriceBook {
    own: PathBuf,
    read: Option<SystemTime>,
    prices: Prices,
}

impl PriceBook {
    /// Returns the built-in table with a person's own one at `own` before it, which need not exist.
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

    /// Returns what tokens of a model cost at that time; `None` when there is no price.
    pub fn cost(&mut self, model: &str, at: Timestamp, tokens: &Tokens, cache_write_1h: u64) -> Option<Usd> {
        self.refresh();
        self.prices.cost(model, at, tokens, cache_write_1h)
    }

    /// Fills in what a call costs.
    pub(crate) fn fill_in(&mut self, call: &mut ModelCalled) {
        let at = call.began_at;
        for of in &mut call.beside {
            of.cost_usd = self.cost(&of.model, at, &of.tokens, of.cache_write_1h);
        }
        let known = call.special.is_none().then(|| call.model().filter(|_| call.tokens.is_some())).flatten();
        let own = known.map(str::to_owned).and_then(|model| {
            let Amount { tokens, cache_write_1h } = call.own_amount();
            self.cost(&model, at, &tokens, cache_write_1h)
        });
        // Where one part has no price, the whole has none.
        call.cost_usd = call.beside.iter().fold(own, |sum, of| Some(sum? + of.cost_usd?));
    }
}
