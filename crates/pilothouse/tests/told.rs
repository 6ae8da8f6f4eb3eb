//! Runs in terminals of their own, whose agents tell in their own files what they do: the files are written here, as Claude
//! Code writes them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house with a program in the place of Claude Code that does nothing, and says one thing more when it is ended.
struct Stage {
    house: House,
    config: PathBuf,
    row: Value,
}

impl Stage {
    fn set() -> Self {
        let house = House::new(BINARY, Repo::with_files(5));
        let config = house.home().join("claude");
        fs::create_dir_all(config.join("projects/any"))
            .and_then(|()| fs::create_dir(config.join("sessions")))
            .expect("folders");
        let program = house.home().join("claude.sh");
        let lines = "[ \"$1\" = --version ] && echo 2.1.197 && exit\n\
                     trap 'read -r line < \"$CLAUDE_CONFIG_DIR/last\" && \\
                     printf \"%s\\\\n\" \"$line\" >> \"$CLAUDE_CONFIG_DIR/projects/any/one.jsonl\"; exit 1' TERM\n\
                     while :; do sleep 0.02; done";
        testkit::script(&program, lines);
        let settings = format!("[agent.claude]\npath = {program:?}\nenv = {{ CLAUDE_CONFIG_DIR = {config:?} }}\n");
        fs::write(house.home().join("config.toml"), settings).expect("a settings file");
        house.ok(&["run", "x", "--agent", "claude", "--interactive", "--name", "seen"]);
        let row = house.wait_for("seen", "working");
        Self { house, config, row }
    }

    /// Writes what it does, since when in milliseconds from now.
    fn does(&self, session: &str, status: &str, from_now_ms: i64) {
        let pid = u32::try_from(self.row["pid"].as_u64().expect("a pid")).expect("a pid");
        let start = supervisor::Identity::of(pid).expect("it lives").start_time;
        let at = jiff::Timestamp::now().as_millisecond() + from_now_ms;
        let text = json!({"pid": pid, "sessionId": session, "cwd": "/w", "procStart": start.to_string(), "status": status,
            "waitingFor": "permission prompt", "statusUpdatedAt": at});
        // As a whole, so that nobody reads half of it.
        let path = self.config.join("sessions").join(format!("{pid}.json"));
        fs::write(path.with_extension("new"), text.to_string())
            .and_then(|()| fs::rename(path.with_extension("new"), &path))
            .expect("written");
    }

    fn answers(&self, session: &str, id: &str, at: &str, call: Option<&str>) {
        let path = self.config.join(format!("projects/any/{session}.jsonl"));
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        writeln!(file, "{}", answer(id, at, call)).expect("written");
    }

    fn wait_for(&self, status: &str, says: &str) -> Value {
        wait_until(&format!("{status}: {says}"), || {
            let row = self.house.row("seen").expect("a row");
            let told = format!("{}{}", row["reason"], row["activity"]);
            if row["status"] == status && told.contains(says) { Ok(row) } else { Err(format!("{row:#}")) }
        })
    }
}

fn answer(id: &str, at: &str, call: Option<&str>) -> Value {
    let call =
        call.map(|command| json!({"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": command}}));
    json!({"type": "assistant", "timestamp": at, "message": {"id": id, "model": "opus",
        "content": call.into_iter().collect::<Vec<_>>(), "usage": {"input_tokens": 1, "output_tokens": 9}}})
}

const LATER: &str = "2099-01-01T00:00:00Z";
const EARLIER: &str = "2020-01-01T00:00:00Z";

#[test]
fn a_wait_is_shown_until_over() {
    let stage = Stage::set();
    stage.wait_for("working", "runs in its own terminal");
    stage.answers("one", "of another time", EARLIER, None);
    stage.answers("one", "a", LATER, Some("make it so"));
    stage.does("one", "waiting", -1_000);
    let row = stage.wait_for("waiting", "Bash: make it so (permission prompt)");
    assert_eq!(row["tokens"]["total"], 10, "what was answered before the run began is not the run's: {row:#}");
    stage.house.kill_daemon();
    assert_eq!(stage.wait_for("waiting", "make it so")["question"], row["question"], "a new daemon asks nothing anew");
    stage.does("one", "busy", -500);
    stage.wait_for("working", "works in its own terminal");
    stage.does("one", "idle", -200);
    stage.wait_for("waiting", "its turn is over");
    // The conversation was cleared: another session, without an answer, and it waits all the same.
    stage.does("two", "idle", -100);
    wait_until("the other session", || {
        let said = stage.house.ok(&["timeline", "seen"]);
        if said.contains("session    two") { Ok(()) } else { Err(said) }
    });
    stage.wait_for("waiting", "its turn is over");
    // A clock that goes wrong hides nothing.
    stage.does("two", "waiting", 3_600_000);
    stage.wait_for("waiting", "permission prompt");
    fs::remove_dir_all(stage.config.join("sessions")).expect("removed");
    stage.wait_for("working", "in its own terminal");
    stage.house.assert_replayed("seen");
}

#[test]
fn answers_amid_termination_are_counted() {
    let stage = Stage::set();
    stage.answers("one", "a", LATER, None);
    stage.does("one", "busy", -1_000);
    wait_until("the first answer", || {
        let row = stage.house.row("seen").expect("a row");
        if row["tokens"]["total"] == 10 { Ok(()) } else { Err(format!("{row:#}")) }
    });
    fs::write(stage.config.join("last"), format!("{}\n", answer("b", LATER, None))).expect("written");
    stage.house.ok(&["terminate", "seen"]);
    let row = stage.house.wait_for("seen", "terminated");
    assert_eq!(row["tokens"]["total"], 20, "{row:#}\n{}", stage.house.ok(&["timeline", "seen"]));
    stage.house.assert_replayed("seen");
}

#[test]
fn an_option_like_session_is_not_resumed() {
    let stage = Stage::set();
    stage.does("--dangerously-skip-permissions", "idle", -1_000);
    stage.does("one", "busy", -500);
    stage.answers("one", "a", LATER, None);
    stage.wait_for("working", "works in its own terminal");
    assert!(!stage.house.ok(&["timeline", "seen"]).contains("dangerously"));
}
