//! Measures the numbers to reach: `bench [--list] [NAME…]`, on the release build beside it.

mod adopt;
mod cockpit;
mod create;
mod feel;
mod first_frame;
mod fold;
mod gateway;
mod memory;
mod peer;

use std::io::Write;
use std::path::Path;

use color_eyre::eyre::{OptionExt, bail};

/// A benchmark: one figure or a few that belong together.
struct Bench {
    name: &'static str,
    doc: &'static str,
    run: fn(&Path) -> color_eyre::Result<Vec<String>>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "fold", doc: "events folded per second", run: fold::run },
    Bench {
        name: "create", doc: "16 worktrees at once against 16 × `git worktree add` in sequence", run: create::run
    },
    Bench { name: "adopt", doc: "start of a daemon to 100 living runs adopted", run: adopt::run },
    Bench {
        name: "memory",
        doc: "private memory of a keeper and of the daemon, and CPU of 20 idle runs",
        run: memory::run,
    },
    Bench {
        name: "cockpit",
        doc: "key to finished frame and event to cell with 100 runs × 20 events a second, bytes while idle",
        run: cockpit::run,
    },
    Bench {
        name: "peer",
        doc: "the same keys and events with `workmux dashboard` on a hundred panes of tmux, where it is installed",
        run: peer::run,
    },
    Bench {
        name: "gateway",
        doc: "what the gateway adds to each event of 1, 50 and 200 streams, and its memory a stream",
        run: gateway::run,
    },
    Bench {
        name: "first-frame",
        doc: "start of a face to its first frame with 1,000 finished runs",
        run: first_frame::run,
    },
];

fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    let names: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    if names.iter().any(|name| name == "--list") {
        for bench in BENCHES {
            writeln!(out, "{:<12} {}", bench.name, bench.doc)?;
        }
        return Ok(());
    }
    if let Some(unknown) = names.iter().find(|name| BENCHES.iter().all(|bench| bench.name != **name)) {
        bail!("there is no benchmark {unknown:?}; --list names them");
    }
    let here = std::env::current_exe()?;
    let binary = here.parent().ok_or_eyre("a folder")?.join("pilothouse");
    if !binary.exists() {
        bail!("{} is not there; `cargo build --release` makes it", binary.display());
    }
    for bench in BENCHES.iter().filter(|bench| names.is_empty() || names.iter().any(|name| name == bench.name)) {
        for line in (bench.run)(&binary)? {
            writeln!(out, "{:<12} {line}", bench.name)?;
        }
    }
    Ok(())
}
