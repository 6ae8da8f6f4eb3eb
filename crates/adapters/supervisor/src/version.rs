//! Which version a program is, by its own word, asked once for each file.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::open_limit::with_first_open_limit;
use crate::patience::with_patience;
use domain::git_variables::REPOSITORY_VARIABLES;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

/// Versions that programs have said; a file that changed since is asked again.
#[derive(Debug, Default)]
pub struct Versions {
    said: Mutex<HashMap<(PathBuf, SystemTime), String>>,
}

impl Versions {
    /// The first `1.2.3` that `program --version` says, with these variables set; `None` when it says none in time.
    pub fn of(&self, program: &Path, env: &[(String, String)]) -> Option<String> {
        let file = program.canonicalize().ok()?;
        let key = (file.clone(), file.metadata().and_then(|m| m.modified()).ok()?);
        let known = self.said.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if known.is_some() {
            return known;
        }
        let said = ask(program, env)?;
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(key, said.clone());
        Some(said)
    }
}

fn ask(program: &Path, env: &[(String, String)]) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").envs(env.iter().map(|(k, v)| (k, v))).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in REPOSITORY_VARIABLES {
        command.env_remove(name);
    }
    with_first_open_limit(&mut command);
    let mut child = with_patience(|| command.spawn()).ok()?;
    let until = Instant::now() + PATIENCE;
    while child.try_wait().ok()?.is_none() {
        if Instant::now() > until {
            // It is ours and nobody else's: a child that was not waited for yet.
            let _ended = child.kill().and_then(|()| child.wait());
            return None;
        }
        std::thread::sleep(LOOK);
    }
    let mut text = String::new();
    child.stdout.take()?.take(4096).read_to_string(&mut text).ok()?;
    first_version(&text)
}

/// The first word that is three numbers with dots between, without what follows them.
fn first_version(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let is_one = |word: &&str| word.split('.').count() >= 3 && word.split('.').all(|n| n.parse::<u32>().is_ok());
    words.into_iter().find(is_one).map(str::to_owned)
}

/// Whether a version comes before another, number by number.
pub fn is_older(version: &str, than: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(|n| n.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(version) < numbers(than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_and_compared_as_numbers() {
        assert_eq!(first_version("2.1.197 (Claude Code)\n").as_deref(), Some("2.1.197"));
        assert_eq!(first_version("codex-cli 0.169.0\n").as_deref(), Some("0.169.0"));
        assert_eq!(first_version("v20.11\n"), None);
        assert!(is_older("2.1.9", "2.1.197") && !is_older("10.0.0", "9.9.9") && !is_older("1.0.0", "1.0.0"));
    }
}
