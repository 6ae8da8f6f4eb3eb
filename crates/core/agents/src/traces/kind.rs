//! The kinds of files that agents write of their sessions.

/// The files that an agent writes of its sessions while it runs, as far as pilothouse reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// None that names the process.
    None,
    /// A file `sessions/PID.json`, and a transcript per session.
    Claude,
    /// A rollout file per thread, which the process holds open.
    Codex,
    /// A file per chat in a folder per working folder; which of them is of a process stands nowhere.
    Gemini,
}
