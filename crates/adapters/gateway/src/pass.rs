//! Passes: each lets one attempt ask its providers, and says what it may use. The file is the permission, so it counts at
//! once for whichever gateway serves, and is gone at once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::attempt::AttemptKey;
use domain::budget::{Budget, Used};
use serde::{Deserialize, Serialize};

use crate::error::GatewayError;
use crate::files;
use crate::keys::KeySource;

/// What one attempt may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub run: String,
    pub attempt: AttemptKey,
    /// The repository's main worktree.
    pub repo: String,
    /// The run's folder.
    pub folder: PathBuf,
    /// By the provider's name.
    pub routes: BTreeMap<String, Route>,
    pub limits: Limits,
    /// Its agent stands still, so that an answer to it is waited with.
    #[serde(default)]
    pub frozen: bool,
    /// Why nothing is forwarded any more, where the daemon knows of something that the gateway does not.
    #[serde(default)]
    pub refuse: Option<String>,
}

/// Where requests for one provider go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its base URL.
    pub upstream: String,
    pub key: KeySource,
}

/// What may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    pub run: Budget,
    /// What the run used beside its calls through a gateway.
    #[serde(default)]
    pub beside: Used,
    #[serde(default)]
    pub repository: Budget,
    #[serde(default)]
    pub day: Budget,
    /// Only the run's own limit counts.
    #[serde(default)]
    pub alone: bool,
}

/// The passes of a state folder.
#[derive(Debug, Clone)]
pub struct Passes(PathBuf);

impl Passes {
    /// # Errors
    /// When the folder for them can't be made.
    pub fn of(home: &Path) -> Result<Self, GatewayError> {
        let folder = files::folder(home).join("passes");
        files::make_folder(&folder)?;
        Ok(Self(folder))
    }

    fn path(&self, token: &str) -> PathBuf {
        self.0.join(format!("{token}.json"))
    }

    /// Gives out a new pass, and gives its token, which nobody can guess.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn give(&self, pass: &Pass) -> Result<String, GatewayError> {
        let mut random = [0u8; 16];
        rustix::rand::getrandom(&mut random[..], rustix::rand::GetRandomFlags::empty())
            .map_err(|e| GatewayError::io("make a token in", &self.0)(e.into()))?;
        let token = format!("{}-{:032x}", pass.run, u128::from_be_bytes(random));
        files::write(&self.path(&token), pass)?;
        Ok(token)
    }

    /// The pass of this token; `None` when there is none, or none any more.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn find(&self, token: &str) -> Result<Option<Pass>, GatewayError> {
        let plain = token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !plain || !(34..=64).contains(&token.len()) {
            return Ok(None);
        }
        files::read(&self.path(token))
    }

    /// The tokens of a run's passes.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn of_run(&self, run: &str) -> Result<Vec<String>, GatewayError> {
        let entries = fs::read_dir(&self.0).map_err(GatewayError::io("read", &self.0))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let own =
            |name: String| Some(name.strip_suffix(".json")?.to_owned()).filter(|t| t.starts_with(&format!("{run}-")));
        Ok(names.filter_map(own).collect())
    }

    /// Gives the pass of an attempt: the one that it has, with what it may do now, or a new one. Those of the run's other
    /// attempts are taken back.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub fn give_anew(&self, pass: &Pass) -> Result<String, GatewayError> {
        let known = self
            .of_run(&pass.run)?
            .into_iter()
            .find(|token| self.find(token).is_ok_and(|known| known.is_some_and(|known| known.attempt == pass.attempt)));
        match known {
            Some(token) => {
                let _one_at_a_time = one_at_a_time();
                files::write(&self.path(&token), pass)?;
                Ok(token)
            }
            None => {
                self.take_back(&pass.run)?;
                self.give(pass)
            }
        }
    }

    /// Takes back the passes of every run that is not `live`, and what was left half-written.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn sweep(&self, live: impl Fn(&str) -> bool) -> Result<(), GatewayError> {
        let entries = fs::read_dir(&self.0).map_err(GatewayError::io("read", &self.0))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let run = name.strip_suffix(".json").and_then(|token| token.split_once('-')).map(|(run, _)| run);
            if !run.is_some_and(&live) {
                // What is gone already is as it should be.
                let _gone = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Changes a run's passes.
    ///
    /// # Errors
    /// When one of them can't be read or written.
    pub fn change(&self, run: &str, change: impl Fn(&mut Pass)) -> Result<(), GatewayError> {
        let _one_at_a_time = one_at_a_time();
        for token in self.of_run(run)? {
            if let Some(mut pass) = self.find(&token)? {
                change(&mut pass);
                files::write(&self.path(&token), &pass)?;
            }
        }
        Ok(())
    }

    /// Takes a run's passes back; from then on nothing is forwarded for it.
    ///
    /// # Errors
    /// When one of them can't be removed.
    pub fn take_back(&self, run: &str) -> Result<(), GatewayError> {
        self.take_back_where(run, |_| true)
    }

    /// Takes back the pass of one attempt; the next attempt's stays what it is.
    ///
    /// # Errors
    /// When it can't be read or removed.
    pub fn take_back_of(&self, run: &str, attempt: &AttemptKey) -> Result<(), GatewayError> {
        // What can't be read lets nobody through, and is taken away by whoever looks at the whole run.
        self.take_back_where(run, |token| {
            self.find(token).is_ok_and(|pass| pass.is_some_and(|p| p.attempt == *attempt))
        })
    }

    fn take_back_where(&self, run: &str, takes: impl Fn(&str) -> bool) -> Result<(), GatewayError> {
        let _one_at_a_time = one_at_a_time();
        for token in self.of_run(run)?.into_iter().filter(|token| takes(token)) {
            let path = self.path(&token);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(GatewayError::io("remove", path)(e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether anybody has one.
    pub fn is_any(&self) -> bool {
        let is_pass = |entry: fs::DirEntry| entry.path().extension().is_some_and(|kind| kind == "json");
        fs::read_dir(&self.0).is_ok_and(|entries| entries.flatten().any(is_pass))
    }
}

/// A pass that is being changed is not taken back in between, since it would be written again; only the daemon does either.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static CHANGING: Mutex<()> = Mutex::new(());
    CHANGING.lock().unwrap_or_else(PoisonError::into_inner)
}
