//! What is kept of runs below `refs/pilothouse/`, and letting their checkpoints go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::error::WorktreeError;
use crate::repository::Repository;

/// Refs that are kept of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptRefs {
    /// Checkpoints, and what ways back overwrote.
    pub checkpoints: u32,
    /// Snapshots, stashes, what was on its way to a merge, and what an agent did to refs of others.
    pub others: u32,
}

impl Repository {
    /// Counts the refs that are kept of each run, by run.
    ///
    /// # Errors
    /// When git can't read them.
    pub fn kept_refs(&self) -> Result<BTreeMap<String, KeptRefs>, WorktreeError> {
        let mut runs: BTreeMap<String, KeptRefs> = BTreeMap::new();
        for (name, _) in self.refs_of_runs("")? {
            let Some((run, rest)) = name.trim_start_matches(PREFIX).split_once('/') else { continue };
            let kept = runs.entry(run.to_owned()).or_default();
            *(if is_checkpoint(rest) { &mut kept.checkpoints } else { &mut kept.others }) += 1;
        }
        Ok(runs)
    }

    /// Lets a run's checkpoints go, and what ways back overwrote; returns how many refs went. Snapshots stay.
    ///
    /// # Errors
    /// When git can't write; all of them are there then.
    pub fn drop_checkpoints(&self, run: &str) -> Result<u32, WorktreeError> {
        let held = self.lock()?;
        let (mut orders, mut count) = (String::new(), 0);
        for (name, id) in self.checkpoints_of(run)? {
            count += 1;
            // Only what was looked at goes.
            let _never_fails = writeln!(orders, "delete {name} {id}");
        }
        if count > 0 {
            self.git().holding(&held)?.args(&["update-ref", "--stdin"]).input(orders.as_bytes())?;
        }
        Ok(count)
    }

    /// Bytes on disk of what nothing but the checkpoints of these runs reaches: git has them back when it next collects and
    /// they are old enough. `None` when git can't tell.
    pub fn bytes_of_checkpoints(&self, runs: &BTreeSet<String>) -> Option<u64> {
        let goes = |name: &str| {
            let rest = name.trim_start_matches(PREFIX).split_once('/');
            rest.is_some_and(|(run, rest)| runs.contains(run) && is_checkpoint(rest))
        };
        let all = self.git().args(&["for-each-ref", "--format=%(objectname) %(refname)"]).run().ok()?;
        let mut asked = String::new();
        for (id, name) in String::from_utf8_lossy(&all).lines().filter_map(|line| line.split_once(' ')) {
            let _never_fails = writeln!(asked, "{}{id}", if goes(name) { "" } else { "^" });
        }
        for head in self.worktrees().ok()?.into_iter().filter_map(|tree| tree.head) {
            let _never_fails = writeln!(asked, "^{head}");
        }
        let words = ["rev-list", "--objects", "--disk-usage", "--ignore-missing", "--stdin"];
        let out = self.git().patient().args(&words).input(asked.as_bytes()).ok()?;
        String::from_utf8_lossy(&out).trim().parse().ok()
    }

    fn checkpoints_of(&self, run: &str) -> Result<Vec<(String, String)>, WorktreeError> {
        let folder = format!("{run}/");
        let mut all = self.refs_of_runs(&folder)?;
        all.retain(|(name, _)| {
            name.strip_prefix(PREFIX).and_then(|name| name.strip_prefix(&folder)).is_some_and(is_checkpoint)
        });
        Ok(all)
    }

    fn refs_of_runs(&self, below: &str) -> Result<Vec<(String, String)>, WorktreeError> {
        let folder = format!("{PREFIX}{below}");
        let out = self.git().args(&["for-each-ref", "--format=%(refname) %(objectname)", &folder]).run()?;
        let text = String::from_utf8_lossy(&out).into_owned();
        let pair = |line: &str| line.rsplit_once(' ').map(|(name, id)| (name.to_owned(), id.to_owned()));
        Ok(text.lines().filter_map(pair).collect())
    }
}

const PREFIX: &str = "refs/pilothouse/";

/// Whether the rest of a run's ref names a checkpoint or what a way back overwrote.
fn is_checkpoint(rest: &str) -> bool {
    let is_number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    is_number || rest.strip_prefix("overwritten-").is_some_and(|tree| !tree.contains('/'))
}
