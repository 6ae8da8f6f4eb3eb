//! `pilothouse doctor`: what pilothouse needs, where it keeps things, and what survives here.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cli::{CliError, Out};
use client::Places;
use protocol::Code;
use serde_json::json;
use worktrees::Repository;

use crate::cockpit;

struct Finding {
    name: &'static str,
    /// `None`: nothing is wrong, but something is not known or worth knowing.
    ok: Option<bool>,
    says: String,
}

pub(crate) fn doctor(places: &Places, as_json: bool) -> Result<Code, CliError> {
    let folder = std::env::current_dir()?;
    let findings =
        [git(), repository(&folder), settings(places, &folder), state(places), daemon(places), logout(), terminal()];
    let mut out = Out::stdout(as_json);
    if as_json {
        let all: Vec<_> = findings.iter().map(|f| json!({"name": f.name, "ok": f.ok, "says": f.says})).collect();
        out.value(&all)?;
    } else {
        for finding in &findings {
            let mark = match finding.ok {
                Some(true) => "ok  ",
                Some(false) => "BAD ",
                None => "note",
            };
            out.line(format!("{mark} {:<11} {}", finding.name, domain::text::line(&finding.says)))?;
        }
    }
    let sound = findings.iter().all(|finding| finding.ok != Some(false));
    Ok(if sound { Code::Done } else { Code::Failed })
}

fn git() -> Finding {
    let said = Command::new("git").arg("--version").stdin(Stdio::null()).output();
    let (ok, says) = match said {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let numbers: Vec<u32> = text
                .trim_start_matches("git version ")
                .split('.')
                .map_while(|n| n.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
                .collect();
            // `worktree add --lock --reason` came with 2.34, `worktree list -z` with 2.36.
            let new_enough = numbers.as_slice() >= [2, 36].as_slice();
            let wish = if new_enough { "" } else { "; 2.36 or later is needed" };
            (new_enough, format!("{text}{wish}"))
        }
        Err(error) => (false, format!("it can't be started: {error}; install it")),
    };
    Finding { name: "git", ok: Some(ok), says }
}

fn repository(folder: &Path) -> Finding {
    let (ok, says) = match Repository::find(folder).and_then(|repo| repo.check_identity().map(|()| repo)) {
        Ok(repo) => (Some(true), format!("{} with a name and address for commits", repo.main().display())),
        Err(worktrees::WorktreeError::NotARepository(_)) => (None, "you stand in none".to_owned()),
        Err(error) => (Some(false), error.to_string()),
    };
    Finding { name: "repository", ok, says }
}

fn settings(places: &Places, folder: &Path) -> Finding {
    let mut files = vec![places.config.clone()];
    files.extend(Repository::find(folder).ok().map(|repo| repo.main().join("pilothouse.toml")));
    let layers: Vec<_> = files.iter().filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?))).collect();
    let used: Vec<_> = layers.iter().map(|(path, _)| path.display().to_string()).collect();
    let (ok, says) = match settings::Settings::from_layers(&layers) {
        Ok(_) if used.is_empty() => (true, format!("built-in; yours would be in {}", places.config.display())),
        Ok(_) => (true, used.join(", ")),
        Err(error) => (false, error.to_string()),
    };
    Finding { name: "settings", ok: Some(ok), says }
}

fn state(places: &Places) -> Finding {
    let home = places.home.display();
    let nearest = places.home.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let free = rustix::fs::statvfs(nearest).map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    let (ok, says) = match free {
        Ok(free) if free < 100 << 20 => (Some(false), format!("{home}: only {} free", domain::figures::bytes(free))),
        Ok(free) => (Some(true), format!("{home}: {} free", domain::figures::bytes(free))),
        Err(error) => (None, format!("{home}: free space is unknown: {error}")),
    };
    Finding { name: "state", ok, says }
}

fn daemon(places: &Places) -> Finding {
    let record = fs::read(places.record()).ok();
    let record = record.and_then(|bytes| serde_json::from_slice::<protocol::DaemonRecord>(&bytes).ok());
    let serving = record.filter(|r| std::os::unix::net::UnixStream::connect(&r.socket).is_ok());
    let says = match serving {
        Some(record) => format!("process {} at {}", record.pid, record.socket.display()),
        None => "not running; the next command that needs it starts it".to_owned(),
    };
    Finding { name: "daemon", ok: Some(true), says }
}

/// Detached processes survive logout unless logind kills a user's processes (logind.conf(5)).
fn logout() -> Finding {
    if !Path::new("/run/systemd/seats").exists() {
        let says = "no logind here: runs survive when the terminal or the SSH line goes".to_owned();
        return Finding { name: "logout", ok: Some(true), says };
    }
    let kills = Command::new("busctl")
        .args(["get-property", "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"])
        .arg("KillUserProcesses")
        .stdin(Stdio::null())
        .output();
    let (ok, says) = match kills.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).as_deref() {
        Ok("b false") => (Some(true), "runs survive when the terminal or the SSH line goes".to_owned()),
        Ok("b true") => {
            let says = "logind has KillUserProcesses=yes: runs END when you log out; set it to no in logind.conf";
            (Some(false), says.to_owned())
        }
        _ => (None, "whether runs survive logout is unknown: logind does not say KillUserProcesses".to_owned()),
    };
    Finding { name: "logout", ok, says }
}

fn terminal() -> Finding {
    let locale = cockpit::locale();
    let signs =
        if locale.to_lowercase().replace('-', "").contains("utf8") { "UTF-8" } else { "ASCII signs (no UTF-8 locale)" };
    let term = cockpit::variable("TERM").unwrap_or_else(|| "unknown".to_owned());
    Finding { name: "terminal", ok: None, says: format!("{term}, {signs}") }
}
