//! How long a person waits for the cockpit's first frame, with a thousand finished runs.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::time::Instant;

use color_eyre::eyre::{OptionExt, bail};
use testkit::{House, Repo, wait_until};

const FINISHED: usize = 1_000;
const ROUNDS: usize = 10;

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let house = House::new(&binary.to_string_lossy(), Repo::with_files(20));
    let first = house.run("first", "no-change");
    house.wait_for("first", "ready");
    // Copies of a run that is not over would all have to be ended first.
    wait_until("its worktree to be released", || match house.row("first") {
        Some(row) if row["removed"] == true => Ok(()),
        row => Err(format!("{row:?}")),
    });
    house.ok(&["daemon", "stop"]);
    copies(&house, &first)?;
    // Runs that have been there for long are on the disk; whoever syncs first would wait for all of these.
    rustix::fs::sync();
    // The first start folds every timeline; what it finds settled it keeps as a summary.
    let began = Instant::now();
    house.ok(&["status"]);
    let cold = began.elapsed();
    let mut frames = Vec::new();
    for _ in 0..ROUNDS {
        frames.push(first_frame(binary, &house)?);
    }
    frames.sort_by(f64::total_cmp);
    house.ok(&["daemon", "stop"]);
    let began = Instant::now();
    house.ok(&["status"]);
    let warm = began.elapsed();
    Ok(vec![
        format!(
            "{FINISHED} finished runs: first frame {:.0} ms (median of {ROUNDS}), worst {:.0} ms",
            frames[ROUNDS / 2],
            frames[ROUNDS - 1]
        ),
        format!(
            "daemon's start to its first answer: {} ms folding all, {} ms from summaries",
            cold.as_millis(),
            warm.as_millis()
        ),
    ])
}

/// Runs like the first one, under other ids: the same events, chained anew.
fn copies(house: &House, first: &serde_json::Value) -> color_eyre::Result<()> {
    let from = house.folder(first);
    let id = first["id"].as_str().ok_or_eyre("an id")?;
    for n in 1..FINISHED {
        let new = format!("b{n:05}");
        let to = house.home().join("runs").join(&new);
        fs::create_dir(&to)?;
        let spec = fs::read_to_string(from.join("spec.json"))?
            .replace(id, &new)
            .replace("\"first\"", &format!("\"copy-{n}\""));
        fs::write(to.join("spec.json"), spec)?;
        rechain(&from.join("timeline.jsonl"), &to, id, &new, n)?;
    }
    Ok(())
}

fn rechain(from: &Path, to: &Path, id: &str, new: &str, n: usize) -> color_eyre::Result<()> {
    let text = fs::read_to_string(from)?.replace(id, new).replace("\"first\"", &format!("\"copy-{n}\""));
    let mut timeline = evidence::Timeline::open(to)?.timeline;
    for line in text.lines() {
        let event = domain::Event::from_line(line)?;
        let key = event.attempt_key();
        timeline.append(event.at, vec![(key, event.body)], event.src.as_ref())?;
    }
    Ok(())
}

/// Milliseconds from the face's start to a screen that shows a run.
fn first_frame(binary: &Path, house: &House) -> color_eyre::Result<f64> {
    let (mut pty, pts) = pty_process::blocking::open()?;
    pty.resize(pty_process::Size::new(40, 120))?;
    let began = Instant::now();
    let mut child = pty_process::blocking::Command::new(binary)
        .current_dir(house.repo.path())
        .env("PILOTHOUSE_HOME", house.home())
        .env("LANG", "C.UTF-8")
        .spawn(pts)?;
    let size = |n| NonZeroU16::new(n).ok_or_eyre("a size");
    let mut parser = vt100::Parser::new(size(40)?, size(120)?, 0);
    let mut piece = [0u8; 65536];
    while !parser.screen().contents().contains("copy-1 ") {
        match pty.read(&mut piece)? {
            0 => bail!("the cockpit ended:\n{}", parser.screen().contents()),
            n => parser.process(&piece[..n]),
        }
    }
    let took = began.elapsed().as_secs_f64() * 1e3;
    pty.write_all(b"q")?;
    // A terminal nobody reads could hold up whoever still writes to it.
    while let Ok(1..) = pty.read(&mut piece) {}
    child.wait()?;
    Ok(took)
}
