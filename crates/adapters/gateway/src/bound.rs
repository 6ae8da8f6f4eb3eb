//! The upper bound of what a request may use, by its length and by what it says its answer may be.

use domain::Timestamp;
use domain::budget::Used;
use domain::tokens::Tokens;
use metering::Api;
use serde::Deserialize;

use crate::prices::PriceBook;

/// The most tokens of an input; no model reads more.
const LONGEST_INPUT: u64 = 2_000_000;
/// The most tokens of an answer where the request sets no limit.
const USUAL_ANSWER: u64 = 128_000;
/// The most tokens that a request's answers count as, whatever limit the request sets; no model has a higher one.
const LONGEST_ANSWER: u64 = 1_000_000;

/// The upper bound of the tokens of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    input: u64,
    output: u64,
}

#[derive(Deserialize, Default)]
struct Says {
    max_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: Option<u64>,
    #[serde(rename = "generationConfig", alias = "generation_config")]
    config: Option<Config>,
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(rename = "maxOutputTokens", alias = "max_output_tokens")]
    max: Option<u64>,
    #[serde(rename = "candidateCount", alias = "candidate_count")]
    candidates: Option<u64>,
}

impl Bound {
    /// Returns the bound of a request with this body. What can't be read of it, and what is said twice, counts as not
    /// said.
    pub(crate) fn of(api: Api, path: &str, body: &[u8]) -> Self {
        let says: Says = serde_json::from_slice(body).unwrap_or_default();
        let config = says.config.unwrap_or_default();
        let (max, answers) = match api {
            Api::Generate => (config.max, config.candidates),
            Api::Messages => (says.max_tokens, None),
            Api::Responses => (says.max_output_tokens, None),
            Api::Chat | Api::Other => (says.max_completion_tokens.max(says.max_tokens), says.n),
        };
        let each = max.unwrap_or(USUAL_ANSWER);
        let output = each.saturating_mul(answers.unwrap_or(1).max(1)).min(LONGEST_ANSWER);
        // An embedding answers with numbers, which nobody bills.
        let output = if path.split('?').next().is_some_and(|path| path.ends_with("/embeddings")) { 0 } else { output };
        // A token is a byte at least.
        let input = u64::try_from(body.len()).unwrap_or(u64::MAX).min(LONGEST_INPUT);
        Self { input, output }
    }

    /// Returns the upper bound of what the provider may bill beyond what it has reported so far. A provider that
    /// reports the input reports all of it.
    pub(crate) fn left(self, told: Option<Tokens>) -> Self {
        let Some(told) = told else { return self };
        Self { input: 0, output: self.output.saturating_sub(told.output) }
    }

    /// Returns the bound in tokens, and in money where the model has a price: the dearest way that they can be billed.
    pub(crate) fn used(self, prices: &mut PriceBook, model: Option<&str>, at: Timestamp) -> Used {
        let Self { input, output } = self;
        let plain = Tokens { input, output, ..Tokens::default() };
        let cached = Tokens { cache_write: input, output, ..Tokens::default() };
        let ways = [(plain, 0), (cached, 0), (cached, input)];
        let usd = model
            .and_then(|model| ways.iter().filter_map(|(tokens, long)| prices.cost(model, at, tokens, *long)).max());
        Used { tokens: plain.total(), usd: usd.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_length_and_limits() {
        let of = |api, body: &str| {
            let Bound { input, output } = Bound::of(api, "/v1/x", body.as_bytes());
            assert_eq!(input, body.len() as u64);
            output
        };
        assert_eq!(of(Api::Messages, r#"{"max_tokens":900,"messages":[]}"#), 900);
        assert_eq!(of(Api::Responses, r#"{"max_output_tokens":7,"max_tokens":1}"#), 7);
        assert_eq!(of(Api::Chat, r#"{"max_completion_tokens":10,"max_tokens":5,"n":3}"#), 30);
        assert_eq!(of(Api::Generate, r#"{"generationConfig":{"maxOutputTokens":8,"candidateCount":2}}"#), 16);
        for unsaid in ["{}", "nonsense", r#"{"max_tokens":1e3}"#, r#"{"max_tokens":1,"max_tokens":9}"#] {
            assert_eq!(of(Api::Messages, unsaid), USUAL_ANSWER, "{unsaid}");
        }
        assert_eq!(of(Api::Messages, r#"{"max_tokens":18446744073709551615}"#), LONGEST_ANSWER);
        assert_eq!(Bound::of(Api::Chat, "/v1/embeddings?x", b"{}").output, 0);
    }

    #[test]
    fn told_input_takes_the_place_of_length() {
        let bound = Bound { input: 500, output: 100 };
        assert_eq!(bound.left(None), bound);
        let told = Tokens { input: 14_000, output: 1, ..Tokens::default() };
        assert_eq!(bound.left(Some(told)), Bound { input: 0, output: 99 });
    }
}
