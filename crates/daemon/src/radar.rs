//! Looking whether the work of a repository's runs comes together, off the dispatcher's thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::command::NewRun;
use domain::digest::folder_of;
use domain::event::ConflictFound;
use domain::{RunId, Timestamp};
use evidence::StateFolder;
use worktrees::{Radar, Repository, WorktreeWork, Written};

use crate::measure::give_way_behind;

/// Most pairs that are tried in one look; the others come with the next.
const PAIRS: usize = 500;
/// Bytes of the radar's trees above which they are made anew.
const MOST: u64 = 256 << 20;

/// A look at all runs of a repository.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// Absolute path of the repository's main worktree.
    pub(crate) repo: String,
    pub(crate) home: PathBuf,
    pub(crate) runs: Vec<Entrant>,
    pub(crate) known: KnownPairs,
}

/// A run that takes part in a look.
#[derive(Debug)]
pub(crate) struct Entrant {
    pub(crate) run: RunId,
    pub(crate) name: String,
    pub(crate) created_at: Option<Timestamp>,
    /// Whether the run's worktree may have changed since the last look.
    pub(crate) changed: bool,
    /// Whether the run was measured to have changed nothing, so that it is in nobody's way.
    pub(crate) untouched: bool,
}

/// Removes the trees that an earlier daemon kept; they are made anew.
pub(crate) fn forget(home: &Path) {
    match fs::remove_dir_all(home.join("radar")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, "trees of the radar stay"),
        _ => {}
    }
}

/// Results of the look before, which need not be found out again.
#[derive(Debug, Default)]
pub(crate) struct KnownPairs {
    works: BTreeMap<RunId, WorktreeWork>,
    /// Paths that two commits do not fit in.
    pairs: BTreeMap<[String; 2], Vec<String>>,
    /// Whether a base, the first of two commits, has all that the second one adds.
    merged: BTreeMap<[String; 2], bool>,
    /// Files that differed in the main checkout; `None` where it was not looked at.
    main: Option<BTreeMap<String, Written>>,
}

impl KnownPairs {
    pub(crate) fn has(&self, run: &RunId) -> bool {
        self.works.contains_key(run)
    }
}

/// Findings of a look at all runs of a repository.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    pub(crate) repo: String,
    pub(crate) known: KnownPairs,
    /// Collisions of each run that could be looked at.
    pub(crate) found: BTreeMap<RunId, Vec<ConflictFound>>,
    pub(crate) unknown: Unknown,
    /// Whether the base has all of a run's commits already.
    pub(crate) in_base: BTreeMap<RunId, bool>,
    /// Whether pairs are left for another look.
    pub(crate) more: bool,
    /// Files of the main checkout that somebody wrote since the last look.
    pub(crate) in_main: Vec<String>,
}

/// Runs and pairs that could not be looked at, so that they are as they were known.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    runs: BTreeSet<RunId>,
    /// A run, and another one or its base.
    pairs: BTreeSet<(RunId, Option<RunId>)>,
}

impl Unknown {
    pub(crate) fn has(&self, run: &RunId, with: Option<&RunId>) -> bool {
        let pair = (run.clone(), with.cloned());
        self.runs.contains(run) || with.is_some_and(|with| self.runs.contains(with)) || self.pairs.contains(&pair)
    }
}

impl Sweep {
    /// Looks at all runs of the repository. Blocks: reads worktrees and runs git, on a thread of its own that gives
    /// way.
    pub(crate) fn sweep(self) -> Swept {
        let repo = self.repo.clone();
        let runs: BTreeSet<RunId> = self.runs.iter().map(|entrant| entrant.run.clone()).collect();
        let thread = std::thread::Builder::new().name("radar".to_owned()).spawn(move || {
            give_way_behind();
            self.look().inspect_err(|error| tracing::warn!(error, "it is not known whether runs collide")).ok()
        });
        let swept = thread.ok().and_then(|thread| thread.join().ok()).flatten();
        let unknown = Unknown { runs, ..Unknown::default() };
        swept.unwrap_or_else(|| Swept { repo, unknown, ..Swept::default() })
    }

    fn look(mut self) -> Result<Swept, String> {
        let repository = Repository::at(Path::new(&self.repo)).map_err(|e| e.to_string())?;
        let main = repository.changed_in_main().ok();
        let in_main = written_since(self.known.main.as_ref(), main.as_ref());
        self.known.main = main;
        let swept = match self.alone(&repository) {
            Some(alone) => alone,
            None => self.compare(&repository)?,
        };
        Ok(Swept { in_main, ..swept })
    }

    fn compare(mut self, repository: &Repository) -> Result<Swept, String> {
        let folder = self.home.join("radar").join(folder_of(&self.repo));
        let mut known = std::mem::take(&mut self.known);
        if worktrees::disk(&folder).is_ok_and(|disk| disk.bytes > MOST) {
            fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            known = KnownPairs { main: known.main, ..KnownPairs::default() };
        }
        let radar = repository.radar(&folder).map_err(|e| e.to_string())?;
        let before = std::mem::take(&mut known.works);
        let Works { specs, mut works, mut unknown } = self.works(repository, &radar, before)?;
        let mut in_base = BTreeMap::new();
        let mut merged = BTreeMap::new();
        for (run, work) in &works {
            let Some((key, is)) = is_in_base(repository, &radar, &specs[run], work, &known.merged) else { continue };
            in_base.insert(run.clone(), is);
            merged.insert(key, is);
        }
        let mut look =
            PairLook { radar, before: known.pairs, pairs: BTreeMap::new(), tries: PAIRS, failed: BTreeSet::new() };
        let untouched = self.runs.iter().filter(|entrant| entrant.untouched).map(|entrant| &entrant.run);
        let looked = works.keys().chain(untouched);
        let mut found: BTreeMap<RunId, Vec<ConflictFound>> = looked.map(|run| (run.clone(), Vec::new())).collect();
        // The older one first.
        let mut runs: Vec<&Entrant> = self.runs.iter().filter(|entrant| works.contains_key(&entrant.run)).collect();
        runs.sort_by_key(|entrant| (entrant.created_at, &entrant.run));
        for (at, younger) in runs.iter().enumerate() {
            let work = &works[&younger.run];
            for older in &runs[..at] {
                let other = &works[&older.run];
                if !work.meets(other) {
                    continue;
                }
                let Some(paths) = look.at(&other.commit, &work.commit) else {
                    unknown.pairs.insert((older.run.clone(), Some(younger.run.clone())));
                    unknown.pairs.insert((younger.run.clone(), Some(older.run.clone())));
                    continue;
                };
                if paths.is_empty() {
                    continue;
                }
                let mut tell = |of: &Entrant, with: &Entrant, yields: bool| {
                    let (with, name) = (Some(with.run.clone()), with.name.clone());
                    found.entry(of.run.clone()).or_default().push(ConflictFound {
                        with,
                        name,
                        paths: paths.clone(),
                        yields,
                    });
                };
                let [first, second] = [younger, older].map(|entrant| (entrant.created_at, &entrant.run));
                let gives_way = fleet::yields(first, second);
                tell(older, younger, !gives_way);
                tell(younger, older, gives_way);
            }
            let base = specs[&younger.run].base.clone();
            let paths = with_base(repository, &mut look, &base, work);
            if paths.is_none() {
                unknown.pairs.insert((younger.run.clone(), None));
            }
            if let Some(paths) = paths.filter(|paths| !paths.is_empty()) {
                let conflict = ConflictFound { with: None, name: base, paths, yields: false };
                found.entry(younger.run.clone()).or_default().push(conflict);
            }
        }
        // What could not be compared is read anew.
        works.retain(|_, work| !look.failed.contains(&work.commit));
        let more = look.tries == 0;
        let known = KnownPairs { works, pairs: look.pairs, merged, main: known.main };
        Ok(Swept { repo: self.repo, known, found, unknown, in_base, more, ..Swept::default() })
    }

    /// Returns the work of each run that changed something; where the worktree is as it was, what is known `before`.
    fn works(
        &self,
        repository: &Repository,
        radar: &Radar<'_>,
        mut before: BTreeMap<RunId, WorktreeWork>,
    ) -> Result<Works, String> {
        let state = StateFolder::open(&self.home).map_err(|e| e.to_string())?;
        let mut found = Works::default();
        for entrant in self.runs.iter().filter(|entrant| !entrant.untouched) {
            let known = before.remove(&entrant.run).filter(|_| !entrant.changed);
            let looked = state.run(&entrant.run).spec().map_err(|e| e.to_string()).and_then(|spec| {
                let head = repository.head(Path::new(&spec.worktree));
                let known = known.filter(|work| head.is_ok_and(|head| head == work.head));
                let work = known.map_or_else(|| work(repository, radar, &spec), Ok)?;
                Ok((spec, work))
            });
            match looked {
                Ok((spec, work)) => {
                    found.specs.insert(entrant.run.clone(), spec);
                    found.works.insert(entrant.run.clone(), work);
                }
                Err(error) => {
                    tracing::debug!(run = %entrant.run, error, "its work can't be compared");
                    found.unknown.runs.insert(entrant.run.clone());
                }
            }
        }
        Ok(found)
    }

    /// Returns the findings of a single run whose base stands where it stood: there is nothing that it could collide
    /// with.
    fn alone(&mut self, repository: &Repository) -> Option<Swept> {
        let [one] = self.runs.as_slice() else { return None };
        let spec = StateFolder::open(&self.home).and_then(|state| state.run(&one.run).spec()).ok()?;
        let stands = repository.resolve(&spec.base).is_ok_and(|tip| tip == spec.base_commit);
        let found = BTreeMap::from([(one.run.clone(), Vec::new())]);
        stands.then(|| Swept {
            repo: self.repo.clone(),
            known: KnownPairs { main: self.known.main.take(), ..KnownPairs::default() },
            found,
            ..Swept::default()
        })
    }
}

/// The work of runs, as far as that could be read.
#[derive(Default)]
struct Works {
    specs: BTreeMap<RunId, NewRun>,
    works: BTreeMap<RunId, WorktreeWork>,
    unknown: Unknown,
}

/// Returns the files that differ now and were not like that at the look before; none at the first one.
fn written_since(before: Option<&BTreeMap<String, Written>>, now: Option<&BTreeMap<String, Written>>) -> Vec<String> {
    let (Some(before), Some(now)) = (before, now) else { return Vec::new() };
    now.iter().filter(|(path, written)| before.get(*path) != Some(written)).map(|(path, _)| path.clone()).collect()
}

fn work(repository: &Repository, radar: &Radar<'_>, spec: &NewRun) -> Result<WorktreeWork, String> {
    let path = repository.path_of(spec.id.as_str(), Path::new(&spec.worktree)).map_err(|e| e.to_string())?;
    radar.work(&path, &spec.base_commit).map_err(|e| e.to_string())
}

/// Returns whether the base has all that a run's commits add, by other ways than the run's own merge, and for which two
/// commits that holds; `None` when that can't be told.
fn is_in_base(
    repository: &Repository,
    radar: &Radar<'_>,
    spec: &NewRun,
    work: &WorktreeWork,
    known: &BTreeMap<[String; 2], bool>,
) -> Option<([String; 2], bool)> {
    let key = [repository.resolve(&spec.base).ok()?, work.head.clone()];
    let moved = key[0] != spec.base_commit && key[1] != spec.base_commit;
    let is = match known.get(&key) {
        Some(known) => *known,
        None => moved && radar.is_merged(&key[1], &key[0]).ok()?,
    };
    Some((key, is))
}

/// Returns the paths in which the work does not fit its base as that is now; `None` when that can't be told.
fn with_base(repository: &Repository, look: &mut PairLook<'_>, base: &str, work: &WorktreeWork) -> Option<Vec<String>> {
    let tip = repository.resolve(base).ok()?;
    let has_it = repository.merge_base(&work.head, &tip).ok().flatten().is_some_and(|met| met == tip);
    if has_it { Some(Vec::new()) } else { look.at(&tip, &work.commit) }
}

/// Pairs of commits and what was found of them.
struct PairLook<'a> {
    radar: Radar<'a>,
    before: BTreeMap<[String; 2], Vec<String>>,
    pairs: BTreeMap<[String; 2], Vec<String>>,
    /// Number of pairs that may still be tried.
    tries: usize,
    /// Commits that could not be compared.
    failed: BTreeSet<String>,
}

impl PairLook<'_> {
    /// Returns the paths in which two commits do not fit; `None` when that can't be told.
    fn at(&mut self, one: &str, other: &str) -> Option<Vec<String>> {
        let key = [one.to_owned(), other.to_owned()];
        let paths = match self.before.remove(&key) {
            Some(known) => known,
            None if self.tries == 0 => return None,
            None => {
                self.tries -= 1;
                match self.radar.conflicts(one, other) {
                    Ok(paths) => paths,
                    Err(error) => {
                        tracing::debug!(%error, one, other, "a pair");
                        self.failed.extend(key);
                        return None;
                    }
                }
            }
        };
        self.pairs.insert(key, paths.clone());
        Some(paths)
    }
}
