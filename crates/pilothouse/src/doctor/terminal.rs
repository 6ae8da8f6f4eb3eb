//! What the terminal and tmux can show.

use std::process::{Command, Stdio};

use super::finding::DoctorFinding;
use crate::cockpit;

pub(super) fn locale() -> DoctorFinding {
    let locale = cockpit::locale();
    let utf8 = locale.to_lowercase().replace('-', "").contains("utf8");
    let signs =
        if utf8 { "UTF-8" } else { "ASCII signs, since the locale is not UTF-8; set LC_ALL=C.UTF-8 for others" };
    let term = cockpit::variable("TERM").unwrap_or_else(|| "unknown".to_owned());
    DoctorFinding { name: "terminal", ok: None, says: format!("{term}, {signs}") }
}

pub(super) fn tmux() -> DoctorFinding {
    if cockpit::variable("TMUX").is_none() {
        return DoctorFinding { name: "tmux", ok: None, says: "you are not inside one".to_owned() };
    }
    let option = |name: &str| {
        let output = Command::new("tmux").args(["show-options", "-gv", name]).stdin(Stdio::null()).output().ok()?;
        let scope = if output.status.success() { output } else { return None };
        Some(String::from_utf8_lossy(&scope.stdout).trim().to_owned())
    };
    let escape = Command::new("tmux").args(["show-options", "-sv", "escape-time"]).stdin(Stdio::null()).output();
    let escape = escape.ok().and_then(|o| String::from_utf8_lossy(&o.stdout).trim().parse::<u32>().ok());
    let mut advice = Vec::new();
    if escape.is_some_and(|ms| ms > 100) {
        advice.push("esc comes late: set -s escape-time 10");
    }
    if option("default-terminal").is_some_and(|term| !term.contains("256color")) {
        advice.push("few colours: set -g default-terminal tmux-256color");
    }
    let says = if advice.is_empty() { "its settings are fine".to_owned() } else { advice.join("; ") };
    DoctorFinding { name: "tmux", ok: None, says }
}
