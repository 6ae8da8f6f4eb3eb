//! The gate as settings define it.

use std::path::Path;

use domain::gate::{GateSpec, Method};
use serde::Deserialize;
use toml::Spanned;

use crate::Value;

/// The table as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GateTable {
    min_score: Option<Spanned<f64>>,
    approval: Option<Spanned<String>>,
    cost: Option<Spanned<String>>,
    merge: Option<Spanned<String>>,
}

impl GateTable {
    pub(crate) fn mistake(&self) -> Option<(usize, String, String, &'static str)> {
        let score = self.min_score.as_ref().filter(|score| !(0.0..=1.0).contains(score.get_ref()));
        if let Some(score) = score {
            let found = score.get_ref().to_string();
            return Some((score.span().start, "gate.min_score".to_owned(), found, "a number from 0 to 1"));
        }
        let word = |key: &str, said: &Option<Spanned<String>>, fits: &[&str], expected| {
            let wrong = said.as_ref().filter(|said| !fits.contains(&said.get_ref().as_str()))?;
            Some((wrong.span().start, format!("gate.{key}"), format!("{:?}", wrong.get_ref()), expected))
        };
        word("approval", &self.approval, &["human", "none"], "\"human\" or \"none\"")
            .or_else(|| word("cost", &self.cost, &["known", "any"], "\"known\" or \"any\""))
            .or_else(|| {
                let methods = Method::ALL.map(Method::word);
                word("merge", &self.merge, &methods, "\"squash\", \"merge\" or \"rebase\"")
            })
    }
}

/// Lays a file's gate over the one below. What a person said themselves, a repository can only make stricter.
pub(crate) fn lay(slot: &mut Value<GateSpec>, said: GateTable, path: Option<&Path>) {
    let GateTable { min_score, approval, cost, merge } = said;
    if min_score.is_none() && approval.is_none() && cost.is_none() && merge.is_none() {
        return;
    }
    let below = slot.value.clone();
    let kept = slot.origin.is_some();
    // A score that lies between two hundredths is not let through by the lower one.
    let min = min_score.map_or(below.min_score, |score| (score.into_inner() * 100.0 - 1e-9).ceil() as u32);
    let approval = approval.map_or(below.approval, |said| said.get_ref() == "human");
    let cost_known = cost.map_or(below.cost_known, |said| said.get_ref() == "known");
    let value = GateSpec {
        min_score: if kept { min.max(below.min_score) } else { min },
        approval: approval || kept && below.approval,
        cost_known: cost_known || kept && below.cost_known,
        method: merge.and_then(|said| Method::parse(said.get_ref())).unwrap_or(below.method),
    };
    *slot = Value { value, origin: path.map(Path::to_owned) };
}

/// All of it in words.
pub(crate) fn says(gate: &GateSpec) -> String {
    let approval = if gate.approval { "human" } else { "none" };
    let cost = if gate.cost_known { "known" } else { "any" };
    let score = f64::from(gate.min_score) / 100.0;
    format!("min_score {score:.2}, approval {approval}, cost {cost}, merge {}", gate.method.word())
}
