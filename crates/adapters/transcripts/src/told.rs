//! What one process tells of itself: a session file or a rollout, and the transcripts of its session.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use agents::observed::{Doing, Told, Traces, session_file};
use domain::Timestamp;

use crate::follow::Follow;

/// A session file that is longer than this is none.
const LONGEST: u64 = 64 << 10;

/// What one process tells, and where.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    pub told: Told,
    /// The file that says what it does.
    pub says: Option<PathBuf>,
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
    pub fn claude(&mut self, config: &Path, processes: &[(u32, u64)]) -> Seen {
        let found = processes.iter().find_map(|(pid, start_time)| {
            let path = config.join("sessions").join(format!("{pid}.json"));
            let short = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LONGEST);
            let file = session_file(&fs::read_to_string(short.map(|_| &path)?).ok()?)?;
            // One that another process of the same number left behind says nothing of this one.
            (file.start_time == *start_time).then_some((path, file))
        });
        let Some((path, file)) = found else { return Seen::default() };
        let told = Told { doing: file.doing, since: file.at, ..Told::default() };
        let mut seen = Seen { told, says: Some(path), ..Seen::default() };
        let transcript = transcript(&config.join("projects"), &file.folder, &file.session);
        if let Some(transcript) = transcript {
            let below = transcript.with_extension("").join("subagents");
            self.read(&mut seen, Traces::Claude, &[vec![transcript], lines_files(&below)].concat());
        }
        seen.told.session = Some(file.session);
        seen
    }

    /// What Codex tells in the rollout files that a process of it holds open.
    pub fn codex(&mut self, rollouts: &[PathBuf]) -> Seen {
        let is_rollout =
            |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rollout-"));
        let rollouts: Vec<PathBuf> = rollouts.iter().filter(is_rollout).cloned().collect();
        let mut seen = Seen { says: rollouts.first().cloned(), ..Seen::default() };
        let Open { turns, threads } = self.read(&mut seen, Traces::Codex, &rollouts);
        let told = &mut seen.told;
        told.in_turn = turns.contains(&true);
        if !told.in_turn && turns.contains(&false) {
            told.doing = Some(Doing::Idle);
            told.since = told.last_at;
        }
        told.session = threads.into_iter().next();
        seen
    }

    /// What Gemini CLI tells in the chats of a working folder that began no earlier than `since`; `own` is its own folder.
    /// They are of one run where only that works in the folder.
    pub fn gemini(&mut self, own: &Path, folder: &str, since: Timestamp) -> Seen {
        let mut seen = Seen::default();
        let Some(project) = project(own, folder) else { return seen };
        let mut chats = lines_files(&own.join("tmp").join(project).join("chats"));
        chats.retain(|path| {
            let file = self.files.entry(path.clone()).or_default();
            let read = file.look(path, Traces::Gemini).is_ok();
            self.used.insert(path.clone());
            read && file.told.began.is_some_and(|began| began >= since)
        });
        self.read(&mut seen, Traces::Gemini, &chats);
        seen
    }

    /// What the transcripts that were `seen` tell by now, when nobody is there any more to say more.
    pub fn again(&mut self, seen: &Seen, traces: Traces) -> Seen {
        let mut again = Seen::default();
        self.read(&mut again, traces, &seen.transcripts);
        again.told.session.clone_from(&seen.told.session);
        again
    }

    /// Forgets the files that nobody asked for since the last time.
    pub fn forget_others(&mut self) {
        let used = std::mem::take(&mut self.used);
        self.files.retain(|path, _| used.contains(path));
    }

    /// Puts together what these files tell; gives what is open in them.
    fn read(&mut self, seen: &mut Seen, traces: Traces, paths: &[PathBuf]) -> Open {
        let mut open = Open::default();
        for path in paths {
            let file = self.files.entry(path.clone()).or_default();
            if file.look(path, traces).is_err() {
                continue;
            }
            self.used.insert(path.clone());
            let (told, said) = (&mut seen.told, &file.told);
            told.answers.extend(said.answers.iter().map(|(id, tokens)| (id.clone(), *tokens)));
            told.model = told.model.take().or_else(|| said.model.clone());
            told.last_at = told.last_at.max(said.last_at);
            seen.transcripts.push(path.clone());
            open.turns.extend(said.in_turn);
            told.calls.extend(said.calls.iter().map(|(_, what)| what.clone()));
            open.threads.extend(said.thread.clone());
        }
        open
    }
}

/// What has begun in transcripts and is not over.
#[derive(Debug, Default)]
struct Open {
    turns: Vec<bool>,
    threads: Vec<String>,
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

/// The name that `projects.json` has for a working folder; `None` for one that could lead elsewhere.
fn project(own: &Path, folder: &str) -> Option<String> {
    let path = own.join("projects.json");
    let short = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LONGEST)?;
    let text = fs::read_to_string(path).ok().filter(|_| short.len() > 0)?;
    agents::observed::gemini_project(&text, folder)
}

fn lines_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect()
}
