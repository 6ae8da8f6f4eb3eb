//! What pilothouse itself takes while agents work: memory of keepers and daemon, CPU of all of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use color_eyre::eyre::OptionExt;
use testkit::{House, Repo, wait_until};

const RUNS: usize = 20;
const WINDOW: Duration = Duration::from_secs(10);

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let mut lines = Vec::new();
    for (scenario, what) in [("asks", "waiting for a person"), ("chatty", "20 lines/s each")] {
        let settings = format!("[limits]\nrunning = {RUNS}\n");
        let house = House::with_settings(&binary.to_string_lossy(), Repo::with_files(50), &settings);
        let count = RUNS.to_string();
        house.ok(&["run", "a task", "--agent", &format!("rehearsal:{scenario}"), "--count", &count]);
        let status = if scenario == "asks" { "waiting" } else { "working" };
        wait_until("all runs to be at work", || {
            let at_work = house.rows().iter().filter(|row| row["status"] == status).count();
            if at_work == RUNS { Ok(()) } else { Err(format!("{at_work} are {status}")) }
        });
        let keepers: Vec<u32> = house.rows().iter().filter_map(|row| keeper(&house, row)).collect();
        let daemon = house.daemon_pid().ok_or_eyre("a daemon")?;
        let ours: Vec<u32> = keepers.iter().copied().chain([daemon]).collect();
        let before = cpu(&ours);
        let began = Instant::now();
        std::thread::sleep(WINDOW);
        let used = cpu(&ours).saturating_sub(before);
        let share = used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
        let mut private: Vec<u64> = keepers.iter().map(|pid| private_dirty(*pid)).collect();
        private.sort_unstable();
        let keeper = private.get(private.len() / 2).copied().unwrap_or(0);
        lines.push(format!(
            "{RUNS} runs {what}: keeper {:.2} MB private dirty (median), daemon {:.1} MB resident, \
             all of ours {share:.2} % of a core",
            megabytes(keeper),
            megabytes(resident(daemon))
        ));
    }
    Ok(lines)
}

fn keeper(house: &House, row: &serde_json::Value) -> Option<u32> {
    let record = fs::read(house.folder(row).join("attempts/build.1/keeper.json")).ok()?;
    let record: serde_json::Value = serde_json::from_slice(&record).ok()?;
    u32::try_from(record["keeper"]["pid"].as_u64()?).ok()
}

/// CPU time of processes, from the scheduler's own nanoseconds (tick counters miss short bursts).
fn cpu(pids: &[u32]) -> Duration {
    let of_thread = |path: PathBuf| -> Option<u64> {
        fs::read_to_string(path.join("schedstat")).ok()?.split_ascii_whitespace().next()?.parse().ok()
    };
    let of_process = |pid: &u32| -> u64 {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        threads.filter_map(|thread| of_thread(thread.path())).sum()
    };
    Duration::from_nanos(pids.iter().map(of_process).sum())
}

fn private_dirty(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Private_Dirty:")
}

fn resident(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// A field of kilobytes, in bytes.
fn field(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[expect(clippy::cast_precision_loss, reason = "some megabytes fit a double")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1 << 20) as f64
}
