//! A house in which one real agent works with the scripted provider.

use std::path::{Path, PathBuf};

use domain::tokens::Tokens;
use provider::ScriptedProvider;
use serde_json::Value;
use testkit::{House, Repo, TerminalSeat, wait_until};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// An agent's CLI, where `just agents-install` puts it, or in the folder that PILOTHOUSE_AGENTS names.
pub(crate) fn cli(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace");
    let pinned =
        || std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("agents");
    let folder = std::env::var_os("PILOTHOUSE_AGENTS").map_or_else(pinned, |named| root.join(named));
    let places = ["node_modules/.bin", "venv/bin"].map(|place| folder.join(place).join(name));
    let path = places.iter().find(|path| path.exists()).unwrap_or(&places[0]).clone();
    assert!(path.exists(), "{} is missing; `just agents-install` gets it", path.display());
    path
}

/// The only key that the provider accepts from the gateway.
pub(crate) const KEY: &str = "sk-real-0123456789-of-a-test";

/// Which agent works, and whether the gateway stands between it and the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) agent: &'static str,
    pub(crate) metered: bool,
}

impl From<&'static str> for Who {
    fn from(agent: &'static str) -> Self {
        Self { agent, metered: false }
    }
}

/// A house in which an agent works with the scripted provider, and nothing else of this machine.
pub(crate) struct Office {
    pub(crate) agent: &'static str,
    pub(crate) metered: bool,
    pub(crate) provider: ScriptedProvider,
    pub(crate) path: String,
    pub(crate) house: House,
}

impl Office {
    pub(crate) fn new(who: impl Into<Who>, scenario: &str) -> Self {
        let Who { agent, metered } = who.into();
        let provider = ScriptedProvider::start().expect("a free port");
        let house = House::new(BINARY, Repo::with_files(5));
        let (home, path) = (house.home(), format!("{scenario}.1"));
        let own = home.join("agent-home");
        std::fs::create_dir(&own).expect("a folder");
        let client = if metered {
            provider.require(KEY);
            std::fs::write(home.join("key-of-a-person"), KEY).expect("written");
            let key = format!("key_file = {:?}", home.join("key-of-a-person"));
            provider.client_of_gateway(agent, &own, &path, &key)
        } else {
            provider.client(agent, &own, &path)
        };
        let client = client.expect("writable").expect("an agent that it knows");
        let settings = format!("[agent.{agent}]\npath = {:?}\n{client}", cli(agent));
        std::fs::write(home.join("config.toml"), settings).expect("a settings file");
        Self { agent, metered, provider, path, house }
    }

    pub(crate) fn run(&self, name: &str) -> Value {
        self.run_with(name, &[])
    }

    pub(crate) fn run_with(&self, name: &str, more: &[&str]) -> Value {
        // Its own choice of a model asks a model, which is not what is looked at here.
        let agent = if self.agent == "gemini" { "gemini:gemini-2.5-pro" } else { self.agent };
        let words = ["run", "create hello.txt", "--agent", agent, "--name", name];
        self.house.ok(&[&words, more].concat());
        self.house.row(name).expect("a row")
    }

    /// Answers what the agent asks a person once, at the first start in its terminal.
    pub(crate) fn introduce(&self) {
        let (own, folder) = (self.house.home().join("agent-home"), self.house.repo.path());
        match self.agent {
            "claude" => {
                let known = serde_json::json!({
                    "hasCompletedOnboarding": true, "theme": "dark", "bypassPermissionsModeAccepted": true,
                    "customApiKeyResponses": {"approved": ["scripted"], "rejected": []},
                    "projects": {folder.to_string_lossy(): {"hasTrustDialogAccepted": true}},
                });
                std::fs::write(own.join(".claude.json"), known.to_string()).expect("written");
            }
            "gemini" if self.metered => {
                // The settings that pilothouse gives it say so too, and are passed over here: it trusts no file below a
                // folder that everybody may write to, such as /tmp.
                let settings = serde_json::json!({
                    "security": {"auth": {"selectedType": "gemini-api-key"}},
                    "privacy": {"usageStatisticsEnabled": false}, "general": {"enableAutoUpdate": false},
                });
                std::fs::write(own.join(".gemini/settings.json"), settings.to_string()).expect("written");
            }
            "codex" => {
                let path = own.join("config.toml");
                let before = std::fs::read_to_string(&path).expect("settings");
                let trusts = format!("{before}\n[projects.{folder:?}]\ntrust_level = \"trusted\"\n");
                std::fs::write(path, trusts).expect("written");
            }
            _ => {}
        }
    }

    /// The agent's own program with these words in a terminal, in the repository, as a person would start it.
    pub(crate) fn by_hand(&self, words: &[&str]) -> TerminalSeat {
        self.introduce();
        let folder = &self.house.repo.path();
        let settings = std::fs::read_to_string(self.house.home().join("config.toml")).expect("settings");
        let mut command = pty_process::blocking::Command::new(cli(self.agent)).args(words).current_dir(folder);
        command = command.env_remove("PILOTHOUSE_RUN").env_remove("TMUX").env("TERM", "xterm-256color");
        for line in settings.lines().skip_while(|line| !line.ends_with(".env]")).skip(1) {
            let (name, value) = line.split_once(" = ").expect("a variable");
            command = command.env(name, serde_json::from_str::<String>(value).expect("a text"));
        }
        TerminalSeat::of(command, 100, 30)
    }

    /// Waits until the agent has asked the provider for something.
    pub(crate) fn until_asked(&self) {
        wait_until("a request under way", || match self.provider.billed(&self.path).len() {
            0 => Err("none".to_owned()),
            _ => Ok(()),
        });
    }

    /// Returns the tokens that the provider billed in all.
    pub(crate) fn billed(&self) -> Tokens {
        let mut sum = Tokens::default();
        for billed in self.provider.billed(&self.path) {
            sum += billed.tokens;
        }
        sum
    }

    /// Fails unless the gateway counted what the provider billed, bucket by bucket, where it stands between.
    pub(crate) fn assert_metered(&self, name: &str) {
        if !self.metered {
            return;
        }
        wait_until("what the provider billed to be told", || {
            let row = self.house.row(name).expect("a row");
            let told = if row["tokens"].is_null() { Tokens::default() } else { tokens(&row) };
            if told == self.billed() {
                Ok(())
            } else {
                Err(format!("{:#?} but {row:#}", self.provider.billed(&self.path)))
            }
        });
        let row = self.house.row(name).expect("a row");
        assert!(row["tokens"].is_null() || row["tokens_source"] == "gateway", "{row:#}");
        assert_eq!(self.provider.refused(), 0, "the real key goes with every request");
        let start = std::fs::read_dir(self.house.folder(&row).join("attempts")).expect("attempts").flatten();
        for attempt in start {
            let text = std::fs::read_to_string(attempt.path().join("start.json")).unwrap_or_default();
            assert!(!text.contains(KEY), "{}", attempt.path().display());
        }
    }

    /// The text of a file in the run's worktree.
    pub(crate) fn file(&self, row: &Value, name: &str) -> Option<String> {
        let worktree = PathBuf::from(row["worktree"].as_str().expect("a path"));
        std::fs::read_to_string(worktree.join(name)).ok()
    }
}

pub(crate) fn tokens(row: &Value) -> Tokens {
    let count = |name: &str| row["tokens"][name].as_u64().expect("a count");
    Tokens {
        input: count("input"),
        output: count("output"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    }
}
