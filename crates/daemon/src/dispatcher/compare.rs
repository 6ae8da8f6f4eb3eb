//! When the work of a repository's runs is compared, and what becomes of what was found.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{Body, RunId};
use protocol::Row;

use super::Dispatcher;
use super::radar::{news, takes_part};
use crate::clock::now;
use crate::input::Input;
use crate::radar::{Entrant, Sweep, Swept};

/// Rest after a look, in multiples of how long it took: looking may take a fifth of the time.
const REST: u32 = 4;
/// Time within which others are looked at when a run leaves.
const SOON: Duration = Duration::from_secs(1);
impl Dispatcher {
    /// Has a run compared soon: its worktree was measured, so it may have changed.
    pub(super) fn compare(&mut self, run: &RunId) {
        let Some(repo) = self.runs.row(run).map(|row| row.repo.clone()) else { return };
        self.radar.0.entry(repo.clone()).or_default().changed.insert(run.clone());
        self.compare_soon(&repo);
    }

    /// Has the repositories of changed rows compared where a run takes part no more: that may free others, which is
    /// worth a look at once.
    pub(super) fn leave_radar(&mut self, rows: &[Row]) {
        let has = |row: &&Row| self.radar.0.get(&row.repo).is_some_and(|of| of.known.has(&row.id));
        let left = rows.iter().filter(|row| !takes_part(row)).filter(|row| has(row) || !row.conflicts.is_empty());
        let repos: BTreeSet<String> = left.map(|row| row.repo.clone()).collect();
        for repo in repos {
            let of = self.radar.0.entry(repo.clone()).or_default();
            // Soon, but never again and again.
            let soon = of.began.map_or(Duration::ZERO, |began| SOON.saturating_sub(began.elapsed()));
            of.again |= of.looking;
            if !of.looking && soon.is_zero() {
                self.compare_now(&repo);
            } else if !of.looking {
                self.compare_soon(&repo);
            }
        }
    }

    /// Has a repository compared whose base stands elsewhere: work may be in it by now, or not fit it any more.
    pub(super) fn compare_with_base(&mut self, repo: &str) {
        if self.radar.0.contains_key(repo) || self.runs.rows(Some(repo)).iter().any(takes_part) {
            self.compare_soon(repo);
        }
    }

    /// Has every repository compared in which runs were known to collide: the other run may be gone since.
    pub(super) fn compare_known(&mut self) {
        let rows = self.runs.rows(None);
        let repos: BTreeSet<String> =
            rows.into_iter().filter(|row| !row.conflicts.is_empty()).map(|row| row.repo).collect();
        for repo in repos {
            self.compare_soon(&repo);
        }
    }

    fn compare_soon(&mut self, repo: &str) {
        let of = self.radar.0.entry(repo.to_owned()).or_default();
        if of.looking {
            of.again = true;
            return;
        }
        let wait = of.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(Instant::now()));
        if wait.is_zero() {
            return self.compare_now(repo);
        }
        if !std::mem::replace(&mut of.due, true) {
            self.performer.later(wait, Input::CompareDue { repo: repo.to_owned() });
        }
    }

    pub(super) fn compare_due(&mut self, repo: &str) {
        if let Some(of) = self.radar.0.get_mut(repo) {
            of.due = false;
            self.compare_soon(repo);
        }
    }

    fn compare_now(&mut self, repo: &str) {
        let rows: Vec<Row> = self.runs.rows(Some(repo)).into_iter().filter(takes_part).collect();
        let is_live = |row: &&Row| self.runs.open_ref(&row.id).is_some_and(|open| open.state.is_live());
        let live = rows.iter().filter(is_live).map(|row| row.id.clone()).collect();
        let Some(of) = self.radar.0.get_mut(repo) else { return };
        let changed = std::mem::take(&mut of.changed);
        let entrant = |row: Row| Entrant {
            changed: changed.contains(&row.id),
            untouched: row.changes.is_some_and(|changes| changes.files == 0),
            run: row.id,
            name: row.name,
            created_at: row.created_at,
        };
        (of.looking, of.began) = (true, Some(Instant::now()));
        of.live.swap(0, 1);
        of.live[1] = live;
        let known = std::mem::take(&mut of.known);
        let runs = rows.into_iter().map(entrant).collect();
        self.performer.sweep(Sweep { repo: repo.to_owned(), home: self.places.home.clone(), runs, known });
    }

    /// Takes up a comparison, and writes down which collisions are new and which are gone.
    pub(super) fn swept(&mut self, swept: Swept) {
        let Swept { repo, known, mut found, unknown, in_base, in_main, more } = swept;
        let every = Duration::from_millis(self.look_every);
        let of = self.radar.0.entry(repo.clone()).or_default();
        (of.known, of.looking) = (known, false);
        let took = of.began.map_or(Duration::ZERO, |began| began.elapsed());
        of.next = Some(Instant::now() + every.saturating_sub(took).max(took * REST));
        let again = std::mem::take(&mut of.again) || more;
        let were_live = of.live[0].clone();
        let rows = self.runs.rows(Some(&repo));
        let taking: BTreeSet<RunId> = rows.iter().filter(|row| takes_part(row)).map(|row| row.id.clone()).collect();
        for row in rows {
            let takes_part = taking.contains(&row.id);
            let new = match found.remove(&row.id) {
                // Others may have left during the look.
                Some(mut new) if takes_part => {
                    new.retain(|conflict| conflict.with.as_ref().is_none_or(|with| taking.contains(with)));
                    new
                }
                // What can't be looked at is left as it was known.
                _ if takes_part => continue,
                _ => Vec::new(),
            };
            let kept = |with: Option<&RunId>| takes_part && unknown.has(&row.id, with);
            let events = news(&row.conflicts, new, kept);
            let first = takes_part && row.conflicts_at.is_none();
            let merged = in_base.get(&row.id).copied().filter(|is| *is != row.in_base);
            if events.is_empty() && !first && merged.is_none() && self.runs.open_ref(&row.id).is_none() {
                continue;
            }
            self.tell_conflicts(&row.id, events);
            if let Some((open, merged)) = self.runs.open_mut(&row.id).zip(merged) {
                open.seen.in_base = merged;
            }
            if were_live.contains(&row.id) {
                self.tell_in_main(&row.id, &repo, &in_main);
            }
        }
        if again {
            self.compare_soon(&repo);
        }
    }

    /// Shows with a run the files of the main checkout that somebody wrote while it was at work, without those that the
    /// run itself is known to write.
    fn tell_in_main(&mut self, run: &RunId, repo: &str, written: &[String]) {
        let Some(open) = self.runs.open_mut(run).filter(|open| open.state.is_live()) else { return };
        let by_it = |name: &String| {
            let path = format!("{repo}/{name}");
            let is_it = |known: &str| known == path || name.ends_with('/') && known.starts_with(&path);
            open.state.escapes.iter().any(|escape| is_it(&escape.path))
        };
        let paths: Vec<String> = written.iter().filter(|name| !by_it(name)).cloned().collect();
        if !paths.is_empty() {
            open.seen.in_main = Some(protocol::InMain { paths, at: now() });
        }
    }

    fn tell_conflicts(&mut self, run: &RunId, events: Vec<Body>) {
        if let Err(error) = self.runs.reopen(run) {
            return tracing::warn!(%run, %error, "what it collides with can't be written down");
        }
        let batch = events.into_iter().map(|body| (None, body)).collect();
        // What could not be written down is found again at the next look.
        if self.append(run, batch, None).is_ok()
            && let Some(open) = self.runs.open_mut(run)
        {
            open.seen.conflicts_at = Some(now());
            self.turn.changed.insert(run.clone());
        }
    }
}
