//! Computing a proof pack again: every hash, the chain, what follows from the timeline, and the tree that the patch gives.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::digest::sha256_hex;
use domain::event::GENESIS;
use domain::text::MASKED;

use crate::history::History;
use crate::pack::{NAMES, derived};
use crate::page;
use crate::spans::spans;
use crate::statement::{PREDICATE, Statement, TYPE, sorted};

/// Something that does not hold, or could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file of the pack that it is about.
    pub file: String,
    pub says: String,
}

/// The repository that a pack is held against.
pub trait PackRepository {
    /// The tree that a patch makes of a commit (both ids in full).
    ///
    /// # Errors
    /// Why it can't be told, in git's words.
    fn tree_with(&self, base: &str, patch: &[u8]) -> Result<String, String>;

    /// The tree of a commit, or of a tree itself; `None` when that is not there.
    fn tree_of(&self, id: &str) -> Option<String>;
}

/// The outcome of verifying a pack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Findings of what does not hold; none when all of it does.
    pub findings: Vec<Finding>,
    /// Files that were held against their hash alone, since the repository no longer has what they are of.
    pub by_hash_alone: Vec<String>,
}

/// Computes a pack again. `files` are those of its folder by their paths in
/// it, `version` is that of this pilothouse; without `git` it is said that the patch could not be tried.
pub fn verify(files: &BTreeMap<String, Vec<u8>>, version: &str, git: Option<&dyn PackRepository>) -> Verified {
    let mut found = Findings::default();
    let mut by_hash_alone = Vec::new();
    let statement = files.get("statement.json").map(|bytes| serde_json::from_slice::<Statement>(bytes));
    let statement = match statement {
        Some(Ok(statement)) => statement,
        Some(Err(error)) => {
            found.add("statement.json", format!("can't be read: {error}"));
            return found.verified(by_hash_alone);
        }
        None => {
            found.add("statement.json", "is missing, so nothing says what the rest should be");
            return found.verified(by_hash_alone);
        }
    };
    hashes(&statement, files, &mut found);
    let lines = lines(files);
    chain(&statement, &lines, &mut found);
    match History::of(&lines) {
        Ok(told) => {
            follows(&statement, &told, &mut found);
            written_again(&statement, &told, files, version, &mut found);
            tree(&told, files, git, &mut found);
            by_hash_alone = attempts(&lines, files, git, &mut found);
        }
        Err(error) => found.add("timeline.jsonl", error.to_string()),
    }
    found.verified(by_hash_alone)
}

#[derive(Default)]
struct Findings(BTreeSet<Finding>);

impl Findings {
    fn verified(self, by_hash_alone: Vec<String>) -> Verified {
        Verified { findings: self.0.into_iter().collect(), by_hash_alone }
    }

    fn add(&mut self, file: &str, says: impl Into<String>) {
        self.0.insert(Finding { file: file.to_owned(), says: says.into() });
    }
}

fn lines(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let text = files.get("timeline.jsonl").map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Every file is the one that the statement names, and there is no other.
fn hashes(statement: &Statement, files: &BTreeMap<String, Vec<u8>>, found: &mut Findings) {
    if statement.of_type != TYPE || statement.predicate_type != PREDICATE {
        found.add("statement.json", "is not a statement of the kind that pilothouse writes");
    }
    let named: BTreeMap<&str, &str> = statement
        .subject
        .iter()
        .filter_map(|subject| Some((subject.name.as_str(), subject.digest.get("sha256")?.as_str())))
        .collect();
    for (name, sha) in &named {
        match files.get(*name) {
            None => found.add(name, "is missing"),
            Some(bytes) if sha256_hex(bytes) != *sha => {
                found.add(name, "was changed: its SHA-256 is not the one stated");
            }
            Some(_) => {}
        }
    }
    for name in NAMES.iter().filter(|name| **name != "statement.json" && !named.contains_key(**name)) {
        found.add("statement.json", format!("does not name {name}"));
    }
    let known = |name: &str| NAMES.contains(&name) || name.starts_with("patches/");
    for name in named.keys().filter(|name| !known(name)) {
        found.add("statement.json", format!("names {name}, which is no part of a pack"));
    }
    for name in files.keys().filter(|name| *name != "statement.json" && !named.contains_key(name.as_str())) {
        found.add(name, "is not part of the pack: the statement does not name it");
    }
}

/// Every event follows the one before it, and the last one is the one stated.
fn chain(statement: &Statement, lines: &[String], found: &mut Findings) {
    const FILE: &str = "timeline.jsonl";
    let about = &statement.predicate.pilothouse;
    let mut before: Option<(u64, &String)> = None;
    for (n, line) in lines.iter().enumerate() {
        let event = match Event::from_line(line) {
            Ok(event) => event,
            Err(error) => {
                found.add(FILE, format!("line {} is no event: {error}", n + 1));
                return;
            }
        };
        let (expected, prev) = match before {
            None => (1, GENESIS.to_owned()),
            Some((seq, line)) => (seq.saturating_add(1), sha256_hex(line.as_bytes())),
        };
        match event.seq {
            seq if seq == expected && event.prev == prev => {}
            seq if seq == expected => {
                let which = seq.saturating_sub(1).max(1);
                found.add(
                    FILE,
                    format!("event {which} is not the one that event {seq} was written after: it was edited"),
                );
            }
            seq if seq > expected => {
                let last = seq - 1;
                let which =
                    if last == expected { format!("event {last}") } else { format!("events {expected} to {last}") };
                found.add(FILE, format!("{which} missing before event {seq}: removed, or the order was changed"));
            }
            seq => found
                .add(FILE, format!("event {seq} comes after event {}: added, or the order was changed", expected - 1)),
        }
        before = Some((event.seq, line));
    }
    let (seq, chain) = before.map_or((0, String::new()), |(seq, line)| (seq, sha256_hex(line.as_bytes())));
    if seq != about.seq {
        found.add(FILE, format!("ends at event {seq}, and event {} is stated to be the last", about.seq));
    } else if chain != about.chain {
        found.add(FILE, format!("event {seq} is not the one stated: it was edited"));
    }
}

/// Adds a finding for each thing that is stated and does not follow from the timeline.
fn follows(statement: &Statement, told: &History, found: &mut Findings) {
    const FILE: &str = "statement.json";
    let (predicate, about) = (&statement.predicate, &statement.predicate.pilothouse);
    let stated = |name: &str, kind: &str| {
        let subject = statement.subject.iter().find(|subject| subject.name == name);
        subject.and_then(|subject| subject.digest.get(kind)).cloned().unwrap_or_default()
    };
    if stated("head", "gitCommit") != told.work.head || stated("tree", "gitTree") != told.work.tree {
        found.add(FILE, "states another head or tree than the timeline measured");
    }
    if told.score.rule != about.rule {
        found.add(
            "score.json",
            format!("is by rule {}, and this pilothouse knows rule {}", about.rule, told.score.rule),
        );
    } else if told.score.score != about.score {
        found.add(
            FILE,
            format!("states a score of {}, and {} follows from the timeline", about.score, told.score.score),
        );
    }
    let lists = [predicate.passed.clone(), predicate.warned.clone(), predicate.failed.clone()];
    if sorted(told) != lists {
        found.add(FILE, "states other checks as passed than the timeline");
    }
    for name in &predicate.passed {
        let last = told.state.last_check(name);
        if let Some(why) = domain::score::why_not(Some(&told.work), last) {
            found.add("checks.xml", format!("check {name} is stated as passed, and {why}"));
        }
    }
    if Statement::of(told, &BTreeMap::new(), &about.version).predicate != *predicate {
        found.add(FILE, "says something of the run that does not follow from its timeline");
    }
}

/// The files that are written from the timeline are written again. Another version may word them in another way.
fn written_again(
    statement: &Statement,
    told: &History,
    files: &BTreeMap<String, Vec<u8>>,
    version: &str,
    found: &mut Findings,
) {
    let theirs = &statement.predicate.pilothouse.version;
    if theirs != version {
        let says =
            format!("was written by pilothouse {theirs} and this is {version}, so its texts were not written again");
        return found.add("statement.json", says);
    }
    let mut again = derived(told);
    if let Some(patch) = files.get("changes.patch") {
        again.insert("proof.html".to_owned(), page::write(told, patch, version).into_bytes());
    }
    for (name, bytes) in again {
        if files.get(&name).is_some_and(|known| *known != bytes) {
            found.add(&name, "does not follow from the timeline");
        }
    }
}

/// The patch makes the base commit the tree that was checked.
fn tree(told: &History, files: &BTreeMap<String, Vec<u8>>, git: Option<&dyn PackRepository>, found: &mut Findings) {
    const FILE: &str = "changes.patch";
    let Some(patch) = files.get(FILE) else { return };
    let base = &told.spec().base_commit;
    let Some(git) = git else {
        return found
            .add(FILE, "could not be tried: no repository with its base commit is at hand; name one with --repo");
    };
    let masked = String::from_utf8_lossy(patch).contains(MASKED);
    match git.tree_with(base, patch) {
        Ok(tree) if tree == told.work.tree => {}
        _ if masked => found.add(FILE, "what looks like a secret is masked in it, so it can't be tried"),
        Ok(tree) => found.add(FILE, format!("gives tree {tree}, and {} was measured", told.work.tree)),
        Err(why) => found.add(FILE, format!("does not apply to {base}: {why}")),
    }
    if let Some(tree) = git.tree_of(&told.work.head).filter(|tree| *tree != told.work.tree && !told.work.uncommitted) {
        found.add(FILE, format!("the head commit has tree {tree}, and {} was measured", told.work.tree));
    }
}

/// Checks that each attempt's own patch makes of what the attempt began with what it ended with. Returns the patches
/// for which that is not there any more.
fn attempts(
    lines: &[String],
    files: &BTreeMap<String, Vec<u8>>,
    git: Option<&dyn PackRepository>,
    found: &mut Findings,
) -> Vec<String> {
    let events: Vec<Event> = lines.iter().filter_map(|line| Event::from_line(line).ok()).collect();
    let spans = spans(&events);
    let mut by_hash_alone = Vec::new();
    for (name, patch) in files.iter().filter(|(name, _)| name.starts_with("patches/")) {
        let Some(span) = spans.iter().find(|span| *name == format!("patches/{}.patch", span.attempt)) else {
            found.add(name, "is of no attempt whose work the timeline tells of");
            continue;
        };
        let ends = git.and_then(|git| Some((git, git.tree_of(&span.from)?, git.tree_of(&span.to)?)));
        let Some((git, from, to)) = ends else {
            by_hash_alone.push(name.clone());
            continue;
        };
        match git.tree_with(&from, patch) {
            Ok(tree) if tree == to => {}
            _ if String::from_utf8_lossy(patch).contains(MASKED) => {
                found.add(name, "what looks like a secret is masked in it, so it can't be tried");
            }
            Ok(tree) => found.add(name, format!("gives tree {tree}, and the attempt ended with {to}")),
            Err(why) => found.add(name, format!("does not apply to {from}, which the attempt began with: {why}")),
        }
    }
    by_hash_alone
}
