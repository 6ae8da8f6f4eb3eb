//! The forge that is built in: a file per pull request in the state folder, numbered per repository.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::digest::folder_of;
use domain::event::ReviewGiven;
use domain::pull_request::{LOCAL, PullState};
use ground::Lasts;

use crate::Forge;
use crate::error::ForgeError;
use crate::pull::{NewPull, Pull, PullMerge, ReviewOf, Update};
use crate::pulls_lock;

/// Bytes of the largest file that is read as a pull request.
const LARGEST: u64 = 64 << 20;

/// The pull requests of one repository on this machine.
#[derive(Debug, Clone)]
pub struct Local {
    folder: PathBuf,
    repo: String,
}

impl Local {
    /// Returns the forge of the repository whose main worktree is at `repo` (an absolute path), below `home`, the state
    /// folder.
    pub fn of(home: &Path, repo: &str) -> Self {
        Self { folder: home.join("forge").join(LOCAL).join(folder_of(repo)), repo: repo.to_owned() }
    }

    /// Takes the pull requests of a repository along that was moved from `old`, where there are none at its new place.
    ///
    /// # Errors
    /// When the folder can't be moved.
    pub fn take_along(home: &Path, old: &str, new: &str) -> Result<(), ForgeError> {
        let (from, to) = (Self::of(home, old).folder, Self::of(home, new).folder);
        if !from.exists() || to.exists() {
            return Ok(());
        }
        fs::rename(&from, &to).map_err(ForgeError::io("move the pull requests in", &from))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}.json"))
    }

    /// Waits until nobody else changes something here; the lock ends when the file is dropped.
    fn lock(&self) -> Result<File, ForgeError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(ForgeError::io("make the folder", &self.folder))?;
        let path = self.folder.join("lock");
        pulls_lock::take(&path).map_err(ForgeError::io("take the lock", &path))
    }

    /// Every number that is taken.
    fn numbers(&self) -> Result<Vec<u64>, ForgeError> {
        let entries = fs::read_dir(&self.folder).map_err(ForgeError::io("read", &self.folder))?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut numbers: Vec<u64> = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn read(&self, number: u64) -> Result<Pull, ForgeError> {
        let path = self.path(number);
        // Nothing else in its place is waited for or followed.
        let plain = fs::symlink_metadata(&path).and_then(|meta| match meta.is_file() && meta.len() <= LARGEST {
            true => Ok(()),
            false => Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no plain file, or too large")),
        });
        let text = match plain.and_then(|()| fs::read_to_string(&path)) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(ForgeError::NoPull { forge: LOCAL, number });
            }
            other => other.map_err(ForgeError::io("read", &path))?,
        };
        serde_json::from_str(&text).map_err(|e| ForgeError::Damaged { path, why: e.to_string() })
    }

    /// Writes the whole file, or leaves the one before it.
    fn write(&self, pull: &Pull) -> Result<(), ForgeError> {
        let path = self.path(pull.number);
        let bytes = serde_json::to_vec_pretty(pull).expect("a pull request is plain values");
        ground::write_whole(&path, &bytes, Lasts::Always).map_err(ForgeError::io("write", &path))
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Pull)) -> Result<Pull, ForgeError> {
        let _held = self.lock()?;
        let before = self.read(number)?;
        let mut pull = before.clone();
        change(&mut pull);
        if pull != before {
            self.write(&pull)?;
        }
        Ok(pull)
    }
}

impl Forge for Local {
    fn name(&self) -> &'static str {
        LOCAL
    }

    fn open(&self, new: &NewPull<'_>) -> Result<Pull, ForgeError> {
        let held = self.lock()?;
        let numbers = self.numbers()?;
        for number in numbers.iter().rev() {
            // One that can't be read is not this run's as far as anybody knows; its number stays taken.
            if self.read(*number).is_ok_and(|pull| pull.run == new.run) {
                drop(held);
                return self.update(*number, &new.update);
            }
        }
        let Update { body, url, work } = &new.update;
        let pull = Pull {
            number: numbers.last().map_or(1, |last| last + 1),
            run: new.run.to_owned(),
            repo: self.repo.clone(),
            branch: new.branch.to_owned(),
            base: new.base.to_owned(),
            title: new.title.to_owned(),
            body: (*body).to_owned(),
            url: url.map(str::to_owned),
            work: (*work).clone(),
            reviews: Vec::new(),
            merged: None,
        };
        self.write(&pull).map(|()| pull)
    }

    fn pull(&self, number: u64) -> Result<Pull, ForgeError> {
        self.read(number)
    }

    fn update(&self, number: u64, update: &Update<'_>) -> Result<Pull, ForgeError> {
        let pull = self.change(number, |pull| {
            // What is in the base is there, whatever is said of it afterwards.
            if !pull.is_over() || update.work.state == PullState::Merged {
                pull.body = update.body.to_owned();
                pull.url = update.url.map(str::to_owned);
                pull.work = update.work.clone();
            }
        })?;
        if pull.is_over() && update.work.state != PullState::Merged {
            return Err(ForgeError::Over { number });
        }
        Ok(pull)
    }

    fn review(&self, number: u64, event: u64, review: &ReviewGiven) -> Result<Pull, ForgeError> {
        self.change(number, |pull| {
            if pull.reviews.iter().all(|known| known.event != event) {
                pull.reviews.push(ReviewOf { event, given: review.clone() });
            }
        })
    }

    fn merge(&self, number: u64, merging: &PullMerge<'_>) -> Result<String, ForgeError> {
        let pull = self.read(number)?;
        if matches!(pull.work.state, PullState::Draft | PullState::Closed) {
            return Err(ForgeError::NotReady { number, state: pull.work.state.word() });
        }
        let commit = (merging.here)()?;
        self.change(number, |pull| {
            pull.work.state = PullState::Merged;
            merging.head.clone_into(&mut pull.work.head);
            pull.merged = Some(commit.clone());
        })?;
        Ok(commit)
    }
}
