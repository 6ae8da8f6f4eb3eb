//! The same hundred agents in the panes of tmux, looked at by `workmux dashboard`, so that both are measured in one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use color_eyre::eyre::{OptionExt, ensure};
use testkit::{Repo, TerminalSeat, wait_until};

use crate::feel::{RUNS, events, keys, spread, told};

/// The sign of the dashboard's row under the cursor.
const CURSOR: &str = "▌";

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let (Some(workmux), Some(_)) = (installed("workmux"), installed("tmux")) else {
        return Ok(vec![
            "workmux or tmux is not on the PATH; `just peers` builds workmux from its registry".to_owned(),
        ]);
    };
    let tmux = Tmux::start(&workmux)?;
    // Each pane says whose it is, as the hooks of an agent would, and then the same agent talks in it as in ours.
    let talks = format!(
        "{} set-window-status working; while :; do echo talk | {} __rehearsal --model chatty; done",
        workmux.display(),
        binary.display()
    );
    for n in 0..RUNS {
        tmux.ok(&["new-window", "-d", "-n", &format!("wm-talk{n}"), &talks])?;
    }
    let states = tmux.home().join(".local/state/workmux/agents");
    wait_until("all of them known to workmux", || {
        let n = std::fs::read_dir(&states).map_or(0, Iterator::count);
        if n == RUNS { Ok(()) } else { Err(format!("{n}")) }
    });
    let mut seat = tmux.seat(&workmux)?;
    seat.wait_until("its dashboard", |s| s.contains("Preview: talk") && s.contains("written at "));
    let keys = keys(&mut seat, CURSOR)?;
    let events = events(&mut seat);
    seat.press("q");
    drop(seat.cut().kill());
    let mut lines = told(&format!("workmux, key to finished frame, {RUNS} talking panes"), &keys).to_vec();
    lines.push(format!("workmux, event to cell (its preview of the chosen pane): {}", spread(events)));
    Ok(lines)
}

/// Where a program is, among those that `just peers` built and those on the PATH.
fn installed(name: &str) -> Option<PathBuf> {
    let built = std::env::current_exe().ok()?.parent()?.parent()?.join("peers/bin");
    let path = std::env::var_os("PATH")?;
    std::iter::once(built)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.exists())
}

/// A tmux server of its own, with a home of its own.
struct Tmux {
    repo: Repo,
    socket: PathBuf,
}

impl Tmux {
    fn start(workmux: &Path) -> color_eyre::Result<Self> {
        let repo = Repo::with_files(20);
        let socket = repo.beside("tmux.socket");
        let tmux = Self { repo, socket };
        // It would ask about the font first.
        let settings = tmux.home().join(".config/workmux");
        std::fs::create_dir_all(&settings)?;
        std::fs::write(settings.join("config.yaml"), "nerdfont: false\n")?;
        ensure!(workmux.exists(), "{} is gone", workmux.display());
        tmux.ok(&["new-session", "-d", "-x", "120", "-y", "40", "-n", "first", "cat"])?;
        Ok(tmux)
    }

    fn home(&self) -> PathBuf {
        self.repo.beside("home")
    }

    fn ok(&self, words: &[&str]) -> color_eyre::Result<String> {
        let output = Command::new("tmux")
            .args(["-f", "/dev/null", "-S"])
            .arg(&self.socket)
            .args(words)
            .current_dir(self.repo.path())
            .env("HOME", self.home())
            .env_remove("TMUX")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .output()?;
        ensure!(output.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The dashboard straight on a terminal, as ours is, so that no multiplexer stands between for either.
    fn seat(&self, workmux: &Path) -> color_eyre::Result<TerminalSeat> {
        let here = self.ok(&["display-message", "-p", "#{socket_path},#{pid},0 #{pane_id}"])?;
        let (server, pane) = here.split_once(' ').ok_or_eyre("a pane")?;
        let command = pty_process::blocking::Command::new(workmux)
            .arg("dashboard")
            .current_dir(self.repo.path())
            .env("HOME", self.home())
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env("TMUX", server)
            .env("TMUX_PANE", pane);
        Ok(TerminalSeat::of(command, 120, 40))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _gone = self.ok(&["kill-server"]);
    }
}
