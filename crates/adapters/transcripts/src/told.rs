//! What one process tells of itself: a session file or a rollout, and the transcripts of its session.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use agents::observed::{Doing, Traces, session_file};
use domain::Timestamp;
use domain::tokens::Tokens;

use crate::follow::Follow;

/// A session file that is longer than this is none.
const LONGEST: u64 = 64 << 10;

/// What is known; what it does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    pub doing: Option<Doing>,
    /// Since when it does that.
    pub since: Option<Timestamp>,
    /// The file that says what it does.
    pub says: Option<PathBuf>,
    pub session: Option<String>,
    pub model: Option<String>,
    /// Of the session that is open now.
    pub tokens: Option<Tokens>,
    /// The last line of its transcripts.
    pub last_at: Option<Timestamp>,
    /// A turn is under way, in which it may work or ask; told by those that do not tell which.
    pub in_turn: bool,
    pub transcripts: Vec<PathBuf>,
}

/// Reads what was added since the last look.
#[derive(Debug, Default)]
pub struct Transcripts {
    files: BTreeMap<PathBuf, Follow>,
    used: BTreeSet<PathBuf>,
}

impl Transcripts {
    /// What Claude Code tells of one of these processes (pid, and its start in clock ticks since boot); `config` is its
    /// own folder.
    pub fn claude(&mut self, config: &Path, processes: &[(u32, u64)]) -> Told {
        let found = processes.iter().find_map(|(pid, start_time)| {
            let path = config.join("sessions").join(format!("{pid}.json"));
            let short = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LONGEST);
            let file = session_file(&fs::read_to_string(short.map(|_| &path)?).ok()?)?;
            // One that another process of the same number left behind says nothing of this one.
            (file.start_time == *start_time).then_some((path, file))
        });
        let Some((path, file)) = found else { return Told::default() };
        let mut told = Told { doing: file.doing, since: file.at, says: Some(path), ..Told::default() };
        let transcript = transcript(&config.join("projects"), &file.folder, &file.session);
        if let Some(transcript) = transcript {
            let below = transcript.with_extension("").join("subagents");
            self.read(&mut told, Traces::Claude, &[vec![transcript], lines_files(&below)].concat());
        }
        told.session = Some(file.session);
        told
    }

    /// What Codex tells in the rollout files that a process of it holds open.
    pub fn codex(&mut self, rollouts: &[PathBuf]) -> Told {
        let is_rollout =
            |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rollout-"));
        let rollouts: Vec<PathBuf> = rollouts.iter().filter(is_rollout).cloned().collect();
        let mut told = Told::default();
        let turns = self.read(&mut told, Traces::Codex, &rollouts);
        told.in_turn = turns.contains(&true);
        if !told.in_turn && turns.contains(&false) {
            told.doing = Some(Doing::Idle);
            told.since = told.last_at;
        }
        told.says = rollouts.first().cloned();
        told
    }

    /// Forgets the files that nobody asked for since the last time.
    pub fn forget_others(&mut self) {
        let used = std::mem::take(&mut self.used);
        self.files.retain(|path, _| used.contains(path));
    }

    /// Adds up what these files tell; gives what each says of its turns.
    fn read(&mut self, told: &mut Told, traces: Traces, paths: &[PathBuf]) -> Vec<bool> {
        let mut turns = Vec::new();
        for path in paths {
            let file = self.files.entry(path.clone()).or_default();
            if file.look(path, traces).is_err() {
                continue;
            }
            self.used.insert(path.clone());
            if let Some(tokens) = file.told.tokens() {
                *told.tokens.get_or_insert_default() += tokens;
            }
            told.model = told.model.take().or_else(|| file.told.model.clone());
            told.last_at = told.last_at.max(file.told.last_at);
            told.transcripts.push(path.clone());
            turns.extend(file.told.in_turn);
        }
        turns
    }
}

/// `projects/FOLDER/SESSION.jsonl`, where FOLDER is the working folder with everything but letters and digits as `-`.
fn transcript(projects: &Path, folder: &str, session: &str) -> Option<PathBuf> {
    let name = format!("{session}.jsonl");
    let flat: String = folder.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let usual = projects.join(flat).join(&name);
    if usual.is_file() {
        return Some(usual);
    }
    // A session that went on in another folder, or a name that was cut for its length.
    let folders = fs::read_dir(projects).ok()?.flatten();
    folders.map(|folder| folder.path().join(&name)).find(|path| path.is_file())
}

fn lines_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect()
}
