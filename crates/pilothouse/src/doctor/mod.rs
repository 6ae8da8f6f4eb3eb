//! `pilothouse doctor`: what pilothouse needs, where it keeps things, and what survives here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cli::{CliError, Out};
use client::Places;
use protocol::Code;
use serde_json::json;
use worktrees::Repository;

mod agents;
mod finding;
mod gateway;
mod limits;
mod logout;
mod look;
mod runs;
mod terminal;

use finding::DoctorFinding;

pub(crate) fn doctor(places: &Places, list_settings: bool, as_json: bool) -> Result<Code, CliError> {
    let folder = std::env::current_dir()?;
    let mut out = Out::stdout(as_json);
    if list_settings {
        return settings_in_force(places, &folder, &mut out);
    }
    let mut findings = vec![
        git(),
        repository(&folder),
        settings(places, &folder),
        gateway::prices(places),
        gateway::gateway(places),
        state(places),
        runs::runs(places),
        daemon(places),
        logout::logout(),
        limits::watches(),
        limits::freezer(),
        limits::processes(),
        look::look(places),
        terminal::locale(),
        terminal::tmux(),
    ];
    findings.extend(agents::agents(places));
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

fn git() -> DoctorFinding {
    let said = Command::new("git").arg("--version").stdin(Stdio::null()).output();
    let (ok, says) = match said {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let numbers: Vec<u32> = text
                .trim_start_matches("git version ")
                .split('.')
                .map_while(|n| n.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
                .collect();
            // `worktree add --lock --reason` came with 2.34, `worktree list -z` with 2.36, `merge-tree --write-tree` with 2.38,
            // its `--merge-base`, which a merge by rebase takes, with 2.40.
            let new_enough = numbers.as_slice() >= [2, 38].as_slice();
            let wish = if new_enough { "" } else { "; 2.38 or later is needed" };
            (new_enough, format!("{text}{wish}"))
        }
        Err(error) => (false, format!("it can't be started: {error}; install it")),
    };
    DoctorFinding { name: "git", ok: Some(ok), says }
}

fn repository(folder: &Path) -> DoctorFinding {
    let (ok, says) = match Repository::find(folder).and_then(|repo| repo.check_identity().map(|()| repo)) {
        Ok(repo) => {
            let signs =
                if repo.signs_commits() { "; commits that pilothouse makes are not signed all the same" } else { "" };
            match repo.check_not_bare() {
                Ok(()) => (Some(true), format!("{} with a name and address for commits{signs}", repo.main().display())),
                Err(error) => (Some(false), error.to_string()),
            }
        }
        Err(worktrees::WorktreeError::NotARepository(_)) => (None, "you stand in none".to_owned()),
        Err(error) => (Some(false), error.to_string()),
    };
    DoctorFinding { name: "repository", ok, says }
}

/// The places as the daemon knows them.
fn of_daemon(places: &Places) -> daemon::DaemonPlaces {
    let (home, runtime, config) = (places.home.clone(), places.runtime.clone(), places.config.clone());
    daemon::DaemonPlaces { home, runtime, config, binary: PathBuf::new(), keys: ::gateway::GivenKeys::default() }
}

fn settings(places: &Places, folder: &Path) -> DoctorFinding {
    let (ok, says) = match daemon::settings_at(&of_daemon(places), folder) {
        Ok(settings) => {
            let mut files: Vec<String> = settings.origins().into_iter().map(|(_, _, origin)| origin).collect();
            files.sort();
            files.dedup();
            (true, format!("from {}; `doctor --settings` lists them", files.join(", ")))
        }
        Err(refused) => (false, refused.reason),
    };
    DoctorFinding { name: "settings", ok: Some(ok), says }
}

/// Every key, its value, and the file that set it.
fn settings_in_force(places: &Places, folder: &Path, out: &mut Out) -> Result<Code, CliError> {
    let settings = daemon::settings_at(&of_daemon(places), folder);
    let settings = settings.map_err(|refused| CliError::new(refused.code, refused.reason))?;
    let origins = settings.origins();
    if out.json {
        let all: Vec<_> = origins.iter().map(|(k, v, from)| json!({"key": k, "value": v, "from": from})).collect();
        out.value(&all)?;
    } else {
        // Values may be long, so nothing stands behind them.
        let rows: Vec<_> = origins.into_iter().map(|(k, v, from)| vec![k, from, v]).collect();
        out.table(&["KEY", "FROM", "VALUE"], &rows)?;
    }
    Ok(Code::Done)
}

fn state(places: &Places) -> DoctorFinding {
    let home = places.home.display();
    let nearest = places.home.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let free = rustix::fs::statvfs(nearest).map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    let (ok, says) = match free {
        Ok(free) if free < 100 << 20 => (Some(false), format!("{home}: only {} free", domain::figures::bytes(free))),
        Ok(free) => (Some(true), format!("{home}: {} free", domain::figures::bytes(free))),
        Err(error) => (None, format!("{home}: free space is unknown: {error}")),
    };
    DoctorFinding { name: "state", ok, says }
}

fn daemon(places: &Places) -> DoctorFinding {
    let record = fs::read(places.record()).ok();
    let record = record.and_then(|bytes| serde_json::from_slice::<protocol::DaemonRecord>(&bytes).ok());
    let serving = record.filter(|r| std::os::unix::net::UnixStream::connect(&r.socket).is_ok());
    let says = match serving {
        Some(record) => format!("process {} at {}", record.pid, record.socket.display()),
        None => "not running; the next command that needs it starts it".to_owned(),
    };
    DoctorFinding { name: "daemon", ok: Some(true), says }
}
