//! The facts of a run in the order in which a reviewer asks for them, each with whose word it is.

use domain::event::Merge;
use domain::{Body, figures, text};

use crate::history::History;

/// Whose word a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person asked for it.
    Asked,
    /// pilothouse saw or measured it.
    Witnessed,
    /// The agent said so.
    Declared,
}

impl Origin {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Witnessed => "witnessed",
            Self::Declared => "declared",
        }
    }
}

pub(crate) struct SummaryFact {
    pub(crate) name: &'static str,
    /// `—` where it is not known.
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

/// The facts of a run.
pub(crate) fn facts(told: &History) -> Vec<SummaryFact> {
    let fact = |name, value: String, origin| SummaryFact { name, value: text::line(&value), origin };
    let (run, state, work) = (told.spec(), &told.state, &told.work);
    let spent = state.spent();
    let model = run.model.as_ref().map(|model| format!(":{model}")).unwrap_or_default();
    let base_now = match &work.base {
        Some(now) if *now == run.base_commit => String::new(),
        Some(now) => format!(", which is at {} now", text::short(now)),
        None => ", which is gone".to_owned(),
    };
    let merge = match &work.merge {
        Merge::Clean => "cleanly".to_owned(),
        Merge::Conflicts(paths) => format!("no: {}", paths.join(", ")),
        Merge::Unknown(why) => format!("— ({why})"),
    };
    let by = if spent.reported { Origin::Declared } else { Origin::Witnessed };
    let none = spent.tokens.total() == 0 && spent.calls == 0;
    let tokens = if none { "—".to_owned() } else { figures::count(spent.tokens.total()) };
    let cost = spent.cost().filter(|_| !none).map_or_else(|| "—".to_owned(), |cost| cost.to_string());
    let budget = if run.budget().is_none() { String::new() } else { format!(" of {}", state.budget) };
    let took = state.created_at.zip(state.last_event_at).map(|(from, to)| figures::seconds(to.since(from)));
    let mut all = vec![
        fact("Agent", format!("{}{model}, policy {}", run.agent, run.policy.word()), Origin::Asked),
        fact("Outcome", outcome(told), Origin::Witnessed),
        fact("Base", format!("{} at {}{base_now}", run.base, text::short(&run.base_commit)), Origin::Witnessed),
        fact("Branch", format!("{} at {}", run.branch, text::short(&work.head)), Origin::Witnessed),
        fact("Changes", changes(told), Origin::Witnessed),
        fact("Merges", merge, Origin::Witnessed),
        fact("Tokens", tokens, by),
        fact("Cost", format!("{cost}{budget}"), by),
        fact("Time", took.unwrap_or_else(|| "—".to_owned()), Origin::Witnessed),
    ];
    if !work.exam.is_empty() {
        let which = format!("it changed {}", work.exam.join(", "));
        all.push(fact("Own exam", which, Origin::Witnessed));
    }
    if !state.escapes.is_empty() {
        let paths: Vec<_> = state.escapes.iter().map(|escape| escape.path.as_str()).collect();
        all.push(fact("Outside", format!("it wrote {}", paths.join(", ")), Origin::Declared));
    }
    if let Some(said) = last_words(told) {
        all.push(fact("Its words", said, Origin::Declared));
    }
    all
}

fn outcome(told: &History) -> String {
    use domain::Status::{
        Checking, Failed, Limited, Lost, Merged, Paused, Preparing, Queued, Ready, Terminated, Unknown, Waiting,
        Working,
    };
    match &told.state.status {
        Failed { phase, reason } if !phase.is_empty() => format!("failed in {phase}: {reason}"),
        Failed { reason, .. } => format!("failed: {reason}"),
        Lost { reason } | Unknown { reason } => format!("{}: {reason}", told.state.status.word()),
        Terminated { .. } => "terminated before its end".to_owned(),
        status @ (Queued
        | Preparing
        | Working(_)
        | Waiting
        | Limited { .. }
        | Paused { .. }
        | Checking
        | Ready
        | Merged) => status.word().to_owned(),
    }
}

fn changes(told: &History) -> String {
    let work = &told.work;
    if work.files == 0 {
        return "none".to_owned();
    }
    let lines = figures::lines(work.added, work.removed);
    let uncommitted = if work.uncommitted { ", not all of it committed" } else { "" };
    let files = if work.files == 1 { "1 file".to_owned() } else { format!("{} files", work.files) };
    format!("{files} {lines}{uncommitted}")
}

/// The words of the agent at its end.
#[expect(clippy::wildcard_enum_match_arm, reason = "a summary quotes these kinds")]
fn last_words(told: &History) -> Option<String> {
    let said = told.events.iter().rev().find_map(|event| match &event.body {
        Body::AgentFinished(data) => Some(&data.text),
        _ => None,
    })?;
    let mut words: String = said.chars().take(300).collect();
    if words.len() < said.len() {
        words.push('…');
    }
    Some(words).filter(|words| !words.trim().is_empty())
}

/// The facts that are not known, in words.
pub(crate) fn unknown(told: &History) -> Vec<String> {
    let parts = told.score.parts.iter().filter(|part| part.value.is_none());
    let mut unknown: Vec<String> = parts.map(|part| format!("{}: {}", part.name, part.reason)).collect();
    let spent = told.state.spent();
    if spent.unpriced > 0 {
        unknown.push(format!("money: {} tokens are of models without a price", figures::count(spent.unpriced)));
    }
    if told.work.base.is_none() {
        unknown.push("base: there is no such branch any more".to_owned());
    }
    unknown
}
