//! What one process tells of itself: a session file or a rollout, and the transcripts of its session.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agents::traces::{SessionTrace, Traces, session_file};
use domain::doing::Doing;

use crate::follow::{Follow, open};

/// How long what was read of a file is kept when nobody asks for it.
const KEPT: Duration = Duration::from_secs(300);
/// Bytes of the longest session file.
const LONGEST: u64 = 256 << 10;
/// Transcripts beside each other that are read.
const MOST_FILES: usize = 1000;

/// The report of one process, and the files that it was read from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    pub told: SessionTrace,
    /// The file that reports what the process does.
    pub says: Option<PathBuf>,
    pub transcripts: Vec<PathBuf>,
}

/// Reads what was added since the last look.
#[derive(Debug, Default)]
pub struct Transcripts {
    files: BTreeMap<PathBuf, Follow>,
}

impl Transcripts {
    /// Reads what Claude Code reports of one of these processes (pid, and its start in clock ticks since boot);
    /// `config` is its own folder.
    pub fn claude(&mut self, config: &Path, processes: &[(u32, u64)]) -> Seen {
        let found = processes.iter().find_map(|(pid, start_time)| {
            let path = config.join("sessions").join(format!("{pid}.json"));
            let file = session_file(&short(&path)?)?;
            // One that another process of the same number left behind says nothing of this one.
            (file.start_time == *start_time).then_some((path, file))
        });
        let Some((path, file)) = found else {
            return Seen { told: SessionTrace { silent: true, ..SessionTrace::default() }, ..Seen::default() };
        };
        let told = SessionTrace { doing: file.doing, since: file.at, ..SessionTrace::default() };
        let mut seen = Seen { told, says: Some(path), ..Seen::default() };
        let transcript = transcript(&config.join("projects"), &file.folder, &file.session);
        if let Some(transcript) = transcript {
            let below = transcript.with_extension("").join("subagents");
            self.read(&mut seen, Traces::Claude, &[vec![transcript], lines_files(&below)].concat());
        }
        seen.told.session = Some(file.session);
        seen
    }

    /// Reads what Codex reports in the rollout files that a process of it holds open.
    pub fn codex(&mut self, rollouts: &[PathBuf]) -> Seen {
        let is_rollout =
            |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rollout-"));
        let rollouts: Vec<PathBuf> = rollouts.iter().filter(is_rollout).cloned().collect();
        let mut seen = Seen { says: rollouts.first().cloned(), ..Seen::default() };
        let OpenCalls { turns, threads } = self.read(&mut seen, Traces::Codex, &rollouts);
        let told = &mut seen.told;
        told.in_turn = turns.contains(&true);
        if !told.in_turn && turns.contains(&false) {
            told.doing = Some(Doing::Idle);
            told.since = told.last_at;
        }
        told.session = threads.into_iter().next();
        seen
    }

    /// Reads what Gemini CLI reports in the chats of a working folder; `own` is its own folder.
    pub fn gemini(&mut self, own: &Path, folder: &str) -> Seen {
        let mut seen = Seen::default();
        let projects = short(&own.join("projects.json"));
        if let Some(project) = projects.and_then(|text| agents::traces::gemini_project(&text, folder)) {
            let chats = lines_files(&own.join("tmp").join(project).join("chats"));
            self.read(&mut seen, Traces::Gemini, &chats);
        }
        seen
    }

    /// Reads the transcripts of `seen` again, after their process has ended and adds nothing more.
    pub fn again(&mut self, seen: &Seen, traces: Traces) -> Seen {
        let mut again = Seen::default();
        self.read(&mut again, traces, &seen.transcripts);
        again.told.session.clone_from(&seen.told.session);
        again
    }

    /// Forgets the files that nobody asked for in a long time.
    pub fn forget_old(&mut self) {
        self.files.retain(|_, file| file.used.is_some_and(|at| at.elapsed() < KEPT));
    }

    /// Puts together what these files report; returns what is open in them.
    fn read(&mut self, seen: &mut Seen, traces: Traces, paths: &[PathBuf]) -> OpenCalls {
        let mut open = OpenCalls::default();
        for path in paths {
            let file = self.files.entry(path.clone()).or_default();
            if file.look(path, traces).is_err() {
                continue;
            }
            let (told, said) = (&mut seen.told, &file.told);
            told.answers.push(Arc::clone(&said.answers));
            told.behind |= file.behind;
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

/// Whether a turn is under way, and the thread's id, of each transcript that reports them.
#[derive(Debug, Default)]
struct OpenCalls {
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

/// The text of a small file.
fn short(path: &Path) -> Option<String> {
    let (file, about) = open(path).ok().filter(|(_, about)| about.len() <= LONGEST)?;
    let mut text = String::new();
    file.take(about.len()).read_to_string(&mut text).ok()?;
    Some(text)
}

fn lines_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_FILES);
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect()
}
