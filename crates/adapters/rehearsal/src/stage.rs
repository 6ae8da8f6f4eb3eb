//! Where a scenario plays: the conversation on standard input and output, and the worktree.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{model, stream};

/// The agent's side of the conversation.
pub(crate) struct AgentStage {
    pub(crate) task: String,
    pub(crate) worktree: PathBuf,
    session: String,
    /// The agent resumes a session that it had before.
    pub(crate) resumed: bool,
    messages: u32,
    tools: u32,
    requests: u32,
    questions: usize,
}

/// Git's own folder of this worktree, which no rollback touches.
pub(crate) fn git_folder() -> io::Result<PathBuf> {
    let output = Command::new("git").args(["rev-parse", "--absolute-git-dir"]).stdin(Stdio::null()).output()?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

impl AgentStage {
    /// Reads the task, the first user message, and announces the session: a new one, or the one to go on in,
    /// which must have been here before.
    pub(crate) fn set(resume: Option<&str>) -> io::Result<Self> {
        let worktree = std::env::current_dir()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let task = message["message"]["content"][0]["text"].as_str().unwrap_or("no task was given").to_owned();
        let session = match resume {
            Some(session) => session.to_owned(),
            None => format!("rehearsal-{}-{}", jiff::Timestamp::now().as_millisecond(), std::process::id()),
        };
        let sessions = git_folder()?.join("rehearsal-sessions");
        let known = std::fs::read_to_string(&sessions).unwrap_or_default();
        if resume.is_some() && !known.lines().any(|line| line == session) {
            return Err(io::Error::other(format!("No conversation found with session ID: {session}")));
        }
        if resume.is_none() {
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(&sessions)?;
            writeln!(log, "{session}")?;
        }
        let mut stage = Self {
            task,
            worktree,
            session,
            resumed: resume.is_some(),
            messages: 0,
            tools: 0,
            requests: 0,
            questions: 0,
        };
        let cwd = stage.worktree.display().to_string();
        stage.line(json!({
            "type": "system", "subtype": "init", "cwd": cwd, "session_id": stage.session,
            "model": "rehearsal", "tools": ["Bash", "Write"], "permissionMode": "default",
        }))?;
        Ok(stage)
    }

    /// Writes one line of the stream at once.
    pub(crate) fn line(&mut self, mut value: Value) -> io::Result<()> {
        value["session_id"] = json!(self.session);
        let mut out = io::stdout().lock();
        writeln!(out, "{value}")?;
        out.flush()
    }

    /// Writes bytes that are no line of the stream.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Takes the time that a model would take, and where it is to ask one, it does; an answer that does not come keeps
    /// nobody from going on.
    pub(crate) fn think(&mut self, milliseconds: u64) {
        thread::sleep(Duration::from_millis(milliseconds));
        if model::is_asked_while_thinking() {
            self.questions += 1;
            if let Err(error) = model::post(self.questions, 0) {
                // Who reads the output is told of what an agent does, not of this.
                stream::note(&error);
            }
        }
    }

    pub(crate) fn says(&mut self, text: &str) -> io::Result<()> {
        self.assistant(json!({"type": "text", "text": text}))
    }

    fn assistant(&mut self, block: Value) -> io::Result<()> {
        self.messages += 1;
        let id = format!("msg_{:04}", self.messages);
        let usage = json!({
            "input_tokens": 12, "output_tokens": 40 + block.to_string().len() / 8,
            "cache_read_input_tokens": 900 * u64::from(self.messages), "cache_creation_input_tokens": 310,
        });
        let message = json!({
            "id": id, "role": "assistant", "model": "rehearsal", "content": [block], "usage": usage,
        });
        self.line(json!({"type": "assistant", "message": message}))
    }

    /// Writes a tool call and returns its id.
    pub(crate) fn calls(&mut self, name: &str, input: Value) -> io::Result<String> {
        self.tools += 1;
        let id = format!("toolu_{:04}", self.tools);
        self.assistant(json!({"type": "tool_use", "id": id, "name": name, "input": input}))?;
        Ok(id)
    }

    pub(crate) fn returned(&mut self, id: &str, text: &str, failed: bool) -> io::Result<()> {
        let result = json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": failed});
        self.line(json!({"type": "user", "message": {"role": "user", "content": [result]}}))
    }

    /// Runs a command in the worktree, as a tool call.
    pub(crate) fn runs(&mut self, command: &str) -> io::Result<bool> {
        let id = self.calls("Bash", json!({"command": command}))?;
        let output = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).output()?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        self.returned(&id, &text, !output.status.success())?;
        Ok(output.status.success())
    }

    /// Asks for permission to run a command, waits for the answer, and returns whether it was allowed.
    pub(crate) fn asks(&mut self, command: &str) -> io::Result<bool> {
        self.requests += 1;
        let id = format!("req_{}_{}", std::process::id(), self.requests);
        self.line(json!({
            "type": "control_request", "request_id": id,
            "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": command}},
        }))?;
        let mut line = String::new();
        loop {
            line.clear();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                return Ok(false);
            }
            let answer: Value = serde_json::from_str(&line).unwrap_or_default();
            if answer["response"]["request_id"] == id.as_str() {
                return Ok(answer["response"]["response"]["behavior"] == "allow");
            }
        }
    }

    pub(crate) fn result(&mut self, ok: bool, text: &str) -> io::Result<()> {
        self.line(json!({
            "type": "result", "subtype": if ok { "success" } else { "error_during_execution" },
            "is_error": !ok, "result": text, "num_turns": self.messages,
        }))
    }

    /// Waits for the end of its input, as an agent in streaming mode does after its result.
    pub(crate) fn waits_for_goodbye(&self) -> io::Result<()> {
        let mut line = String::new();
        while io::stdin().lock().read_line(&mut line)? > 0 {
            line.clear();
        }
        Ok(())
    }
}
