//! Agents that a person starts by hand in one of the repository's worktrees.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const SESSION: &str = "8a0fed58-edaf-449c-8960-2fdf90a59818";

/// A process that looks like Claude Code at work in `folder`: it has its name, its session file and its transcript, a
/// child in a session of its own that hears no polite signal, a grandchild, and a child that is taken for a keeper.
struct ByHand {
    child: Child,
    config: PathBuf,
}

impl ByHand {
    fn start(folder: &Path, config: &Path, marker: Option<&str>) -> Self {
        let script = "env -u PILOTHOUSE_RUN setsid sh -c 'trap \"\" TERM HUP INT; sleep 1000 & sleep 1000' & \
                      tail __keeper -f /dev/null 2>/dev/null & exec -a claude sleep 1000";
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(folder).env("CLAUDE_CONFIG_DIR", config).env_remove("PILOTHOUSE_RUN");
        if let Some(marker) = marker {
            command.env("PILOTHOUSE_RUN", marker);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("bash");
        wait_until("its name", || match std::fs::read(format!("/proc/{}/cmdline", child.id())) {
            Ok(line) if line.starts_with(b"claude\0") => Ok(()),
            line => Err(format!("{line:?}")),
        });
        Self { child, config: config.to_owned() }
    }

    /// Writes what it does into its session file, as Claude Code does.
    fn says(&self, folder: &Path, status: &str) {
        let pid = self.child.id();
        let start = supervisor::Identity::of(pid).expect("it lives").start_time;
        let text = format!(
            r#"{{"pid":{pid},"sessionId":"{SESSION}","cwd":{folder:?},"procStart":"{start}","status":"{status}",
            "waitingFor":"permission prompt","statusUpdatedAt":1795296507346}}"#
        );
        std::fs::create_dir_all(self.config.join("sessions")).expect("a folder");
        std::fs::write(self.config.join(format!("sessions/{pid}.json")), text).expect("written");
    }

    fn name(&self) -> String {
        format!("claude-{}", self.child.id())
    }

    fn state(&self) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it lives");
        stat.rsplit(") ").next().expect("fields").chars().take(1).collect()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        for keeper in keepers(self.child.id()) {
            keeper.kill();
        }
        let root = supervisor::Identity::of(self.child.id());
        let _ended = root.map(|root| supervisor::end_tree(&root, std::time::Duration::ZERO));
        let _status = self.child.wait();
    }
}

/// The children of a process that look like keepers of pilothouse.
fn keepers(pid: u32) -> Vec<supervisor::Identity> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    let is_keeper =
        |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"tail\0__keeper"));
    pids.filter(is_keeper).filter_map(supervisor::Identity::of).collect()
}

fn house() -> House {
    House::new(BINARY, Repo::with_files(5))
}

fn wait_for(house: &House, name: &str, status: &str) -> Value {
    wait_until(&format!("{name} to be {status}"), || {
        let rows = house.json(&["ls", "--json"]);
        let row = rows.as_array().expect("rows").iter().find(|row| row["name"] == name).cloned();
        row.filter(|row| row["status"] == status).ok_or_else(|| format!("{rows:#}"))
    })
}

#[test]
fn observed_agents_show_only_their_own_facts() {
    let (house, config) = (house(), tempfile::tempdir().expect("a folder"));
    let feature = house.repo.path().with_file_name("feature");
    let added =
        Command::new("git").args(["worktree", "add", "-q"]).arg(&feature).current_dir(house.repo.path()).status();
    assert!(added.expect("git").success());
    let inside = feature.join("docs");
    std::fs::create_dir_all(&inside).expect("a folder");
    let agent = ByHand::start(&inside, config.path(), None);
    let name = agent.name();

    let row = wait_for(&house, &name, "unknown");
    assert_eq!(
        (&row["mode"], &row["group"], &row["needs_you"]),
        (&"observed".into(), &"observed".into(), &false.into())
    );
    for field in ["tokens", "cost_usd", "base", "policy", "task", "phase", "disk_bytes", "changes", "created_at"] {
        assert_eq!(row[field], Value::Null, "{field}: {row:#}");
    }
    assert_eq!((&row["branch"], row["pid"].as_u64()), (&"feature".into(), Some(agent.child.id().into())));
    assert!(row["worktree"].as_str().expect("a path").ends_with("/feature"), "{row:#}");

    agent.says(&inside, "waiting");
    let projects = config.path().join("projects/any");
    std::fs::create_dir_all(&projects).expect("a folder");
    let answer =
        r#"{"type":"assistant","message":{"id":"a","model":"opus","usage":{"input_tokens":3,"output_tokens":4}}}"#;
    std::fs::write(projects.join(format!("{SESSION}.jsonl")), format!("{answer}\n{answer}\n")).expect("written");
    let row = wait_for(&house, &name, "waiting");
    assert_eq!((&row["needs_you"], &row["tokens_source"]), (&true.into(), &"transcript".into()));
    assert!(row["reason"].as_str().expect("a reason").contains("permission prompt"), "{row:#}");
    let tokens = wait_until("its tokens", || {
        let row = wait_for(&house, &name, "waiting");
        row["tokens"]["total"].as_u64().ok_or_else(|| format!("{row:#}"))
    });
    assert_eq!(tokens, 7, "an answer in two lines is one");
    assert!(house.ok(&["triage"]).contains("permission prompt"));
    let explained = house.ok(&["explain", &name]);
    assert!(explained.contains(&format!("sessions/{}.json", agent.child.id())), "{explained}");

    // The same for another daemon.
    house.kill_daemon();
    agent.says(&inside, "idle");
    assert_eq!(wait_for(&house, &name, "idle")["id"], row["id"]);

    let said = house.say(&["retry", &name]);
    assert_eq!((said.code, said.err.contains("started by hand")), (4, true), "{said:?}");
    for words in [["logs", &name], ["diff", &name], ["rm", &name], ["dismiss", &name]] {
        assert_eq!(house.say(&words).code, 4, "{words:?}");
    }
    drop(agent);
    wait_until("it to be gone", || match house.json(&["ls", "--json"]) {
        rows if rows.as_array().is_some_and(Vec::is_empty) => Ok(()),
        rows => Err(format!("{rows:#}")),
    });
}

// Paused and let go on before; each after a yes.
#[test]
fn an_observed_agents_whole_tree_is_ended() {
    let (house, config) = (house(), tempfile::tempdir().expect("a folder"));
    let agent = ByHand::start(&house.repo.path(), config.path(), None);
    agent.says(&house.repo.path(), "busy");
    let name = agent.name();
    wait_for(&house, &name, "working");
    for verb in ["pause", "resume", "terminate"] {
        assert_eq!(house.say(&[verb, &name]).code, 6, "{verb} asks, and nobody is there");
    }
    assert_eq!(agent.state(), "S");

    let keeper = keepers(agent.child.id()).pop().expect("a keeper");
    let said = house.ok(&["pause", &name, "--yes"]);
    assert!(said.contains("4 of 4 processes stand still"), "{said}");
    assert_eq!(agent.state(), "T");
    let row = wait_for(&house, &name, "paused");
    assert_eq!((&row["frozen"]["n"], &row["frozen"]["of"]), (&4.into(), &4.into()), "{row:#}");
    house.ok(&["resume", &name, "--yes"]);
    assert_ne!(agent.state(), "T");
    wait_for(&house, &name, "working");

    // All but the first, which is a child of this very test.
    let below: Vec<u32> = supervisor::inside(&house.repo.path()).into_iter().map(|process| process.pid).collect();
    assert!(below.len() >= 3, "{below:?}");
    house.ok(&["terminate", &name, "--yes", "--grace", "200ms"]);
    let alive = |pid: &u32| *pid != keeper.pid && supervisor::Identity::of(*pid).is_some();
    assert!(keeper.is_alive(), "what pilothouse has started there goes on");
    keeper.kill();
    assert_eq!(below.iter().filter(|pid| alive(pid)).count(), 0, "nothing of it lives, also what heard no TERM");
    assert_eq!(house.json(&["ls", "--json"]), Value::Array(Vec::new()));
}

#[test]
fn agents_of_runs_or_elsewhere_stay_hidden() {
    let (house, config) = (house(), tempfile::tempdir().expect("a folder"));
    let elsewhere = Repo::with_files(1);
    let agents = [
        ByHand::start(&house.repo.path(), config.path(), Some("k3f9q2")),
        ByHand::start(&elsewhere.path(), config.path(), None),
        ByHand::start(config.path(), config.path(), None),
    ];
    let seen = ByHand::start(&house.repo.path(), config.path(), None);
    wait_for(&house, &seen.name(), "unknown");
    let rows = house.json(&["ls", "--all", "--json"]);
    let names: Vec<&str> = rows.as_array().expect("rows").iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, [seen.name()], "{}", agents.iter().map(ByHand::name).collect::<Vec<_>>().join(" "));
}
