//! `statement.json`: an in-toto Statement v1 with a test-result predicate, which names every other file by its hash.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use domain::digest::sha256_hex;
use domain::score;
use serde::{Deserialize, Serialize};

use crate::facts;
use crate::history::History;

pub(crate) const TYPE: &str = "https://in-toto.io/Statement/v1";
pub(crate) const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The statement of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    pub of_type: String,
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: Predicate,
}

/// A thing that is stated of, by what it hashes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub name: String,
    pub digest: BTreeMap<String, String>,
}

/// A test-result with what pilothouse says beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predicate {
    /// `PASSED`, `WARNED` or `FAILED`.
    pub result: String,
    /// The base commit.
    pub configuration: Vec<Subject>,
    #[serde(rename = "passedTests")]
    pub passed: Vec<String>,
    #[serde(rename = "warnedTests")]
    pub warned: Vec<String>,
    #[serde(rename = "failedTests")]
    pub failed: Vec<String>,
    pub pilothouse: About,
}

/// The facts that pilothouse states of the pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub version: String,
    pub run: String,
    pub name: String,
    /// The run's status when it was measured.
    pub status: String,
    /// The last event that the pack covers, and when it was.
    pub seq: u64,
    pub at: Option<domain::Timestamp>,
    /// SHA-256 of that event's line.
    pub chain: String,
    pub rule: u32,
    pub score: u32,
    /// Files whose content pilothouse saw or measured itself.
    pub witnessed: Vec<String>,
    /// Kinds of events in the timeline that are the agent's own word.
    pub declared: Vec<String>,
    pub unknown: Vec<String>,
    /// The words on what the pack proves, and what it can't prove.
    pub note: String,
}

/// Kinds of events that an agent declares.
const DECLARED: [&str; 8] = [
    "agent.session",
    "agent.message",
    "agent.retrying",
    "agent.finished",
    "tool.called",
    "tool.returned",
    "usage.reported",
    "waiting.started",
];

const NOTE: &str = "It proves that nothing here was changed since it was written, and what pilothouse saw. It is not signed, \
                    and agents run as the same user as pilothouse unless they are sandboxed: it does not prove that \
                    nobody lied to pilothouse.";

/// The checks by how they count: passed, optional ones that did not, required ones that did not.
pub(crate) fn sorted(told: &History) -> [Vec<String>; 3] {
    let mut lists: [Vec<String>; 3] = Default::default();
    for spec in &told.spec().checks {
        let last = told.state.last_check(&spec.name);
        let at = match (score::why_not(Some(&told.work), last), spec.required) {
            (None, _) => 0,
            (Some(_), false) => 1,
            (Some(_), true) => 2,
        };
        lists[at].push(spec.name.clone());
    }
    lists
}

impl Statement {
    pub(crate) fn of(told: &History, files: &BTreeMap<String, Vec<u8>>, version: &str) -> Self {
        let digest = |kind: &str, value: &str| BTreeMap::from([(kind.to_owned(), value.to_owned())]);
        let subject =
            |name: &str, kind: &str, value: &str| Subject { name: name.to_owned(), digest: digest(kind, value) };
        let mut subjects =
            vec![subject("head", "gitCommit", &told.work.head), subject("tree", "gitTree", &told.work.tree)];
        subjects.extend(files.iter().map(|(name, bytes)| subject(name, "sha256", &sha256_hex(bytes))));
        let [passed, warned, failed] = sorted(told);
        let any_required = told.spec().checks.iter().any(|check| check.required);
        let result = match (failed.is_empty(), warned.is_empty() && any_required) {
            (false, _) => "FAILED",
            (true, false) => "WARNED",
            (true, true) => "PASSED",
        };
        let pilothouse = About {
            version: version.to_owned(),
            run: told.spec().id.to_string(),
            name: told.spec().name.clone(),
            status: told.state.status.word().to_owned(),
            seq: told.state.seq,
            at: told.events.last().map(|event| event.at),
            chain: told.chain.clone(),
            rule: told.score.rule,
            score: told.score.score,
            witnessed: ["changes.patch", "checks.xml", "model-calls.jsonl"].map(str::to_owned).to_vec(),
            declared: DECLARED.map(str::to_owned).to_vec(),
            unknown: facts::unknown(told),
            note: NOTE.to_owned(),
        };
        Self {
            of_type: TYPE.to_owned(),
            subject: subjects,
            predicate_type: PREDICATE.to_owned(),
            predicate: Predicate {
                result: result.to_owned(),
                configuration: vec![subject("base", "gitCommit", &told.spec().base_commit)],
                passed,
                warned,
                failed,
                pilothouse,
            },
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("plain values");
        json.push('\n');
        json
    }
}
