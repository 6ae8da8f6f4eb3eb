//! The score of a run: a published rule by which its proof is weighed. `docs/score.md` is written from the table here.

use serde::{Deserialize, Serialize};

use crate::check::Verdict;
use crate::event::{CheckFinished, Merge, Review, WorkMeasured};
use crate::run::RunState;
use crate::text::short;

/// The number of the rule; another weight or another way to weigh is another rule.
pub const RULE: u32 = 1;

/// A part of the score: its name, its weight in hundredths of the whole, and what it asks.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRule {
    pub name: &'static str,
    pub weight: u32,
    pub asks: &'static str,
    weigh: fn(&WeighedRun<'_>) -> Weighed,
}

/// The parts in their order; the weights are 100 in all.
pub const RULES: [ScoreRule; 8] = [
    ScoreRule {
        name: "checks",
        weight: 30,
        asks: "the weight of the checks that passed on this very tree, of the weight of all that are defined",
        weigh: checks,
    },
    ScoreRule {
        name: "required",
        weight: 20,
        asks: "every required check passed on this very tree; 0 where none is required",
        weigh: required,
    },
    ScoreRule { name: "phases", weight: 10, asks: "the phases that finished, of all", weigh: phases },
    ScoreRule {
        name: "merge",
        weight: 10,
        asks: "it merges into its base as that was when it was measured",
        weigh: merge,
    },
    ScoreRule {
        name: "outside",
        weight: 5,
        asks: "no write outside of its worktree is proven by what its agents say of their tools, or by files that its processes have open",
        weigh: outside,
    },
    ScoreRule {
        name: "secrets",
        weight: 10,
        asks: "no line that it adds looks like a secret by the rules of assets/secrets.toml; unknown where nothing looked",
        weigh: secrets,
    },
    ScoreRule {
        name: "cost",
        weight: 5,
        asks: "what it cost is known to the last call, and within its budget where it has one",
        weigh: cost,
    },
    ScoreRule { name: "review", weight: 10, asks: "a person approved this very commit", weigh: review },
];

/// A part of a run's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    pub name: String,
    /// Hundredths of the whole score.
    pub weight: u32,
    /// Hundredths of the weight, 0 to 100; `null` where it is not known, which counts 0.
    pub value: Option<u32>,
    pub reason: String,
    /// Events that say so, by number.
    pub evidence: Vec<u64>,
}

/// A run's score and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub rule: u32,
    /// Hundredths, 0 to 100, rounded down.
    pub score: u32,
    pub parts: Vec<ScorePart>,
}

struct WeighedRun<'a> {
    run: &'a RunState,
    work: Option<&'a WorkMeasured>,
}

struct Weighed {
    value: Option<u32>,
    reason: String,
    evidence: Vec<u64>,
}

impl Weighed {
    fn new(value: Option<u32>, reason: impl Into<String>) -> Self {
        Self { value, reason: reason.into(), evidence: Vec::new() }
    }
}

/// The score of a run by its events, up to the last of which its work was measured.
pub fn score(run: &RunState) -> Score {
    let known = WeighedRun { run, work: run.proof.measured.as_ref() };
    let part = |rule: &ScoreRule| {
        let Weighed { value, reason, evidence } = (rule.weigh)(&known);
        ScorePart { name: rule.name.to_owned(), weight: rule.weight, value, reason, evidence }
    };
    let parts: Vec<ScorePart> = RULES.iter().map(part).collect();
    let sum: u32 = parts.iter().map(|part| part.weight * part.value.unwrap_or(0)).sum();
    Score { rule: RULE, score: sum / 100, parts }
}

/// `of` hundred, rounded down.
fn hundredths(n: u64, of: u64) -> u32 {
    u32::try_from(n * 100 / of.max(1)).unwrap_or(100).min(100)
}

/// Why a check does not count as passed on the measured tree; `None` when it does.
pub fn why_not(work: Option<&WorkMeasured>, last: Option<&CheckFinished>) -> Option<String> {
    let Some(last) = last else { return Some("was not run".to_owned()) };
    if last.verdict != Verdict::Pass {
        return Some(last.says());
    }
    match work {
        None => Some("passed, but the work was not measured".to_owned()),
        Some(work) if work.tree != last.tree => {
            Some(format!("passed on another tree ({}) than the one at hand ({})", short(&last.tree), short(&work.tree)))
        }
        Some(_) => None,
    }
}

/// The checks of the run with why they don't count.
fn judged<'a>(known: &WeighedRun<'a>) -> Vec<(&'a crate::check::CheckSpec, Option<String>)> {
    let specs = known.run.spec.iter().flat_map(|spec| &spec.checks);
    specs.map(|spec| (spec, why_not(known.work, known.run.last_check(&spec.name)))).collect()
}

fn said(missing: &[String]) -> String {
    missing.join("; ")
}

fn checks(known: &WeighedRun<'_>) -> Weighed {
    let judged = judged(known);
    if judged.is_empty() {
        return Weighed::new(Some(0), "no check is defined");
    }
    let weight = |of: &dyn Fn(&Option<String>) -> bool| -> u64 {
        judged.iter().filter(|(_, why)| of(why)).map(|(spec, _)| u64::from(spec.weight)).sum()
    };
    let (passed, all) = (weight(&|why| why.is_none()), weight(&|_| true));
    let missing: Vec<String> =
        judged.iter().filter_map(|(spec, why)| Some(format!("{} {}", spec.name, why.as_ref()?))).collect();
    let reason = match missing.is_empty() {
        true => format!("{} of {} passed", judged.len(), judged.len()),
        false => said(&missing),
    };
    Weighed::new(Some(hundredths(passed, all)), reason)
}

fn required(known: &WeighedRun<'_>) -> Weighed {
    let judged: Vec<_> = judged(known).into_iter().filter(|(spec, _)| spec.required).collect();
    if judged.is_empty() {
        return Weighed::new(Some(0), "no check is required");
    }
    let missing: Vec<String> =
        judged.iter().filter_map(|(spec, why)| Some(format!("{} {}", spec.name, why.as_ref()?))).collect();
    match missing.is_empty() {
        true => Weighed::new(Some(100), format!("all {} passed", judged.len())),
        false => Weighed::new(Some(0), said(&missing)),
    }
}

fn phases(known: &WeighedRun<'_>) -> Weighed {
    let all = known.run.phases.len() as u64;
    let done = known.run.phases.iter().filter(|phase| phase.progress.finished).count() as u64;
    Weighed::new(Some(hundredths(done, all)), format!("{done} of {all} finished"))
}

fn merge(known: &WeighedRun<'_>) -> Weighed {
    match known.work.map(|work| &work.merge) {
        None => Weighed::new(None, "the work was not measured"),
        Some(Merge::Clean) => Weighed::new(Some(100), "it merges"),
        Some(Merge::Conflicts(paths)) => Weighed::new(Some(0), format!("conflicts in {}", paths.join(", "))),
        Some(Merge::Unknown(why)) => Weighed::new(None, why.clone()),
    }
}

fn outside(known: &WeighedRun<'_>) -> Weighed {
    let escapes = &known.run.escapes;
    if escapes.is_empty() {
        return Weighed::new(Some(100), "none is proven");
    }
    let paths: Vec<String> = escapes.iter().map(|escape| escape.path.clone()).collect();
    Weighed {
        evidence: escapes.iter().map(|escape| escape.seq).collect(),
        ..Weighed::new(Some(0), format!("it wrote {}", paths.join(", ")))
    }
}

fn secrets(known: &WeighedRun<'_>) -> Weighed {
    match known.work.and_then(|work| work.secrets.as_deref()) {
        None => Weighed::new(None, "not all of it could be looked at for any"),
        Some([]) => Weighed::new(Some(100), "none was found"),
        Some(found) => {
            let places: Vec<String> = found.iter().map(|s| format!("{} in {}:{}", s.rule, s.path, s.line)).collect();
            Weighed::new(Some(0), places.join(", "))
        }
    }
}

fn cost(known: &WeighedRun<'_>) -> Weighed {
    let spent = known.run.spent();
    let started = known.run.phases.iter().any(|phase| !phase.attempts.is_empty());
    if spent.tokens.total() == 0 && spent.calls == 0 && started {
        return Weighed::new(None, "nothing told what it used");
    }
    if spent.reported {
        return Weighed::new(None, "some of it is the agent's own figure, which nobody measured");
    }
    if spent.cut > 0 {
        return Weighed::new(None, format!("{} calls were cut, and more may be billed", spent.cut));
    }
    let Some(cost) = spent.cost() else {
        return Weighed::new(None, format!("{} tokens have no price", spent.unpriced));
    };
    let budget = known.run.budget;
    let over =
        budget.usd.is_some_and(|most| cost > most) || budget.tokens.is_some_and(|most| spent.tokens.total() > most);
    match over {
        true => Weighed::new(Some(0), format!("{cost} is over its budget of {budget}")),
        false => Weighed::new(Some(100), format!("{cost}, measured call by call")),
    }
}

fn review(known: &WeighedRun<'_>) -> Weighed {
    match &known.run.proof.review {
        None => Weighed::new(Some(0), "nobody has reviewed it"),
        Some(given) if known.work.is_some_and(|work| work.head != given.head) => {
            Weighed::new(Some(0), format!("the review was of {}, and the branch moved since", short(&given.head)))
        }
        Some(given) => match given.verdict {
            Review::Approve => Weighed::new(Some(100), "approved"),
            Review::Changes => Weighed::new(Some(0), "changes were asked for"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_a_hundred_in_all() {
        assert_eq!(RULES.iter().map(|rule| rule.weight).sum::<u32>(), 100);
    }

    #[test]
    fn what_is_unknown_counts_nothing() {
        let score = score(&RunState::default());
        let unknown: Vec<_> = score.parts.iter().filter(|part| part.value.is_none()).map(|part| &*part.name).collect();
        assert_eq!((unknown, score.score), (vec!["merge", "secrets"], 10), "{score:#?}");
    }
}
