//! How long a daemon that starts anew takes until a hundred living runs are adopted and shown.

use std::path::Path;
use std::time::Instant;

use testkit::{House, Repo, wait_until};

const RUNS: usize = 100;

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let settings = format!("[limits]\nrunning = {RUNS}\n");
    let house = House::with_settings(&binary.to_string_lossy(), Repo::with_files(50), &settings);
    let count = RUNS.to_string();
    house.ok(&["run", "a task", "--agent", "rehearsal:asks", "--count", &count]);
    let waiting = || house.rows().iter().filter(|row| row["status"] == "waiting" && row["keeper"] == "ok").count();
    wait_until("all runs to wait", || match waiting() {
        RUNS => Ok(()),
        n => Err(format!("{n} wait")),
    });
    let mut took = Vec::new();
    for _ in 0..5 {
        house.kill_daemon();
        let began = Instant::now();
        let found = waiting();
        took.push(began.elapsed());
        if found != RUNS {
            color_eyre::eyre::bail!("{found} of {RUNS} were adopted");
        }
    }
    took.sort_unstable();
    let last = took.len() - 1;
    let (median, worst) = (took[last / 2].as_millis(), took[last].as_millis());
    Ok(vec![format!(
        "{RUNS} living runs after kill -9: all shown {median} ms after the next command began (worst {worst} ms)"
    )])
}
