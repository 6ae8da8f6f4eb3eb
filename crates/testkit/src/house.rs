//! A state folder with its daemon, driven by the command line as a person would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::attempt::be_daemon;
use crate::repo::Repo;
use crate::wait::wait_until;

/// A pilothouse of its own. Dropping it ends every run and the daemon.
#[derive(Debug)]
pub struct House {
    binary: PathBuf,
    home: TempDir,
    pub repo: Repo,
}

/// The output of a command, and how it ended.
#[derive(Debug, Clone)]
pub struct CommandOutput {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl House {
    pub fn new(binary: &str, repo: Repo) -> Self {
        let home = tempfile::Builder::new().prefix("pilothouse-home-").tempdir().expect("a temporary folder");
        // Another copy of it, where another user is to run it.
        let binary = std::env::var_os("PILOTHOUSE_UNDER_TEST").map_or_else(|| binary.into(), PathBuf::from);
        Self { binary, home, repo }
    }

    /// Makes a house with a settings file.
    pub fn with_settings(binary: &str, repo: Repo, settings: &str) -> Self {
        let house = Self::new(binary, repo);
        std::fs::write(house.home().join("config.toml"), settings).expect("a settings file");
        house
    }

    pub fn binary(&self) -> &Path {
        &self.binary
    }

    pub fn home(&self) -> PathBuf {
        self.home.path().canonicalize().expect("the state folder")
    }

    /// Returns the command pilothouse with these words, standing in the repository.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .current_dir(self.repo.path())
            .env("PILOTHOUSE_HOME", self.home())
            .env_remove("PILOTHOUSE_RUN")
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    /// Runs pilothouse with these words to its end.
    #[must_use = "look at what it said, or at its code"]
    pub fn say(&self, words: &[&str]) -> CommandOutput {
        let output: Output = self.command(words).output().expect("pilothouse starts");
        CommandOutput {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns the standard output of a command that must succeed.
    pub fn ok(&self, words: &[&str]) -> String {
        let said = self.say(words);
        assert_eq!(said.code, 0, "pilothouse {words:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Checks that a command is refused with exit code 4, and that it says this.
    pub fn refuses(&self, words: &[&str], why: &str) {
        let said = self.say(words);
        assert_eq!(said.code, 4, "{words:?}: {said:?}");
        assert!(said.err.contains(why), "{words:?}: {said:?}");
    }

    /// The JSON a command prints.
    pub fn json(&self, words: &[&str]) -> Value {
        let out = self.ok(words);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("pilothouse {words:?}: {e}: {out}"))
    }

    /// Starts a run and returns its row.
    pub fn run(&self, name: &str, scenario: &str) -> Value {
        self.json(&["run", "do something", "--name", name, "--agent", &format!("rehearsal:{scenario}"), "--json"])
    }

    pub fn rows(&self) -> Vec<Value> {
        self.json(&["ls", "--all", "--json"]).as_array().expect("an array").clone()
    }

    pub fn row(&self, name: &str) -> Option<Value> {
        self.rows().into_iter().find(|row| row["name"] == name)
    }

    /// Waits until the run's proof pack tells all that happened and its forge knows, and returns its row.
    pub fn proven(&self, name: &str) -> Value {
        wait_until(&format!("{name} to be proven"), || {
            let row = self.row(name).ok_or("no such run")?;
            let told = row["proof"]["stale"] == false && self.open_effects(&row) == 0;
            // What it was when nothing was open any more.
            if told { Ok(self.row(name).unwrap_or(row)) } else { Err(format!("{row:#}")) }
        })
    }

    /// Counts the effects of a run that were begun and have not ended.
    fn open_effects(&self, row: &Value) -> usize {
        let events = evidence::read(&self.folder(row)).unwrap_or_default();
        let count = |kind: &str| events.iter().filter(|event| event.body.kind() == kind).count();
        count("effect.started").saturating_sub(count("effect.finished"))
    }

    /// Waits until the run has this status, and returns its row.
    pub fn wait_for(&self, name: &str, status: &str) -> Value {
        wait_until(&format!("{name} to be {status}"), || match self.row(name) {
            Some(row) if row["status"] == status => Ok(row),
            Some(row) => Err(format!("{row:#}\n{}", self.say(&["timeline", name]).out)),
            None => Err("no such run".to_owned()),
        })
    }

    /// The folder of a run.
    pub fn folder(&self, row: &Value) -> PathBuf {
        self.home().join("runs").join(row["id"].as_str().expect("an id"))
    }

    pub fn daemon_pid(&self) -> Option<u32> {
        let record = std::fs::read(self.home().join("daemon.json")).ok()?;
        let record: Value = serde_json::from_slice(&record).ok()?;
        u32::try_from(record["pid"].as_u64()?).ok()
    }

    /// The gateway that serves.
    pub fn gateway_pid(&self) -> Option<u32> {
        let serving = gateway::serving(&self.home()).ok()?;
        serving.filter(|_| gateway::is_serving(&self.home())).map(|serving| serving.pid)
    }

    /// Kills the gateway with SIGKILL and waits until it is gone.
    pub fn kill_gateway(&self) {
        let identity = self.gateway_pid().and_then(supervisor::Identity::of).expect("a gateway that serves");
        assert!(identity.kill(), "the gateway could not be killed");
        identity.wait();
    }

    /// Kills the daemon with SIGKILL and waits until it is gone.
    pub fn kill_daemon(&self) {
        let pid = self.daemon_pid().expect("a daemon");
        let identity = supervisor::Identity::of(pid).expect("a living daemon");
        assert!(identity.kill(), "the daemon could not be killed");
        identity.wait();
    }

    /// Living processes that carry this run's marker.
    pub fn processes(&self, row: &Value) -> usize {
        supervisor::marked(&self.home(), row["id"].as_str().expect("an id")).len()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(daemon) = self.daemon_pid().and_then(supervisor::Identity::of) {
            daemon.kill();
            daemon.wait();
        }
        // Keepers answer only who holds their daemon's lock.
        let _daemon = be_daemon(&self.home());
        let runs = std::fs::read_dir(self.home().join("runs")).into_iter().flatten().flatten();
        for id in runs.filter_map(|entry| entry.file_name().into_string().ok()) {
            end_keepers(&self.home().join("runs").join(&id));
            // What escaped its keeper is found by its marker; a test that failed may have left something.
            let _left = supervisor::end_left(&self.home(), &id, &self.home().join("runs").join(&id).join("attempts"));
        }
        if let Some(gateway) = self.gateway_pid().and_then(supervisor::Identity::of) {
            gateway.kill();
            gateway.wait();
        }
        let record = std::fs::read(self.home().join("daemon.json")).unwrap_or_default();
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        if let Some(runtime) = record["socket"].as_str().and_then(|socket| Path::new(socket).parent()) {
            // Only the dead daemon's own socket, and the folder when nothing else is in it.
            let _gone = std::fs::remove_file(runtime.join("d.sock"));
            let _others = std::fs::remove_dir(runtime);
        }
    }
}

fn end_keepers(run: &Path) {
    let attempts = std::fs::read_dir(run.join("attempts")).into_iter().flatten().flatten();
    for attempt in attempts {
        if let Ok(Some(record)) = supervisor::keeper_record(&attempt.path()) {
            // A keeper that answers ends its tree itself, which reaches more than its marker does.
            let asked = supervisor::Keeper::new(&record).ask(&supervisor::KeeperRequest::Stop { grace_ms: 0 });
            // One that waits for space to write its record would never end.
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
            while asked.is_ok() && record.keeper.is_alive() && std::time::Instant::now() < deadline {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            record.keeper.kill();
            record.keeper.wait();
        }
    }
}
