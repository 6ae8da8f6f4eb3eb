//! What survives logout here: KillUserProcesses, lingering and where the daemon lives decide it together.

use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::DoctorFinding;

pub(super) fn logout() -> DoctorFinding {
    if !Path::new("/run/systemd/seats").exists() {
        let says = "no logind here: runs survive when the terminal or the SSH line goes".to_owned();
        return DoctorFinding { name: "logout", ok: Some(true), says };
    }
    let (ok, says) = judge(kills_user_processes(), lingers(), in_user_manager());
    DoctorFinding { name: "logout", ok, says: says.to_owned() }
}

/// `daemon` says whether this process tree hangs below the user's systemd (`user@UID.service`) and not below a
/// login session. The table is that of systemd 252 with OpenSSH, tried out: a detached process of a session
/// outlives it unless KillUserProcesses is set; below the user manager it lives exactly as long as that does.
fn judge(kills: Option<bool>, lingers: Option<bool>, in_manager: bool) -> (Option<bool>, &'static str) {
    match (in_manager, kills, lingers) {
        (true, _, Some(true)) => (Some(true), "runs survive logout: lingering is on for you"),
        (true, _, Some(false)) => (
            Some(false),
            "runs END about 10 s after your last logout, with your systemd; mend it with: loginctl enable-linger",
        ),
        (false, Some(false), _) => (Some(true), "runs survive when the terminal or the SSH line goes"),
        (false, Some(true), Some(true)) => (
            Some(false),
            "KillUserProcesses=yes: runs END at logout; lingering is on, so start the daemon in your systemd: \
             systemd-run --user --scope pilothouse status",
        ),
        (false, Some(true), _) => (
            Some(false),
            "KillUserProcesses=yes: runs END at logout; mend it with: loginctl enable-linger, then start the daemon with \
             systemd-run --user --scope pilothouse status (or set KillUserProcesses=no in logind.conf)",
        ),
        (true, _, None) | (false, None, _) => (None, "whether runs survive logout is unknown: logind does not say"),
    }
}

fn said(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn kills_user_processes() -> Option<bool> {
    let bus = "org.freedesktop.login1";
    let manager = "org.freedesktop.login1.Manager";
    let words = ["get-property", bus, "/org/freedesktop/login1", manager, "KillUserProcesses"];
    match said("busctl", &words)?.as_str() {
        "b true" => Some(true),
        "b false" => Some(false),
        _ => None,
    }
}

fn lingers() -> Option<bool> {
    let user = rustix::process::getuid().as_raw().to_string();
    match said("loginctl", &["show-user", &user, "-P", "Linger"])?.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn in_user_manager() -> bool {
    std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default().contains("/user@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_that_of_logind() {
        let ok = |kills, lingers, in_manager| judge(kills, lingers, in_manager).0;
        // A detached process of a login session.
        assert_eq!(ok(Some(false), Some(false), false), Some(true));
        assert_eq!(ok(Some(false), Some(true), false), Some(true));
        assert_eq!(ok(Some(true), Some(false), false), Some(false));
        assert_eq!(ok(Some(true), Some(true), false), Some(false));
        // A unit or scope of the user's own systemd.
        assert_eq!(ok(Some(false), Some(false), true), Some(false));
        assert_eq!(ok(Some(false), Some(true), true), Some(true));
        assert_eq!(ok(Some(true), Some(false), true), Some(false));
        assert_eq!(ok(Some(true), Some(true), true), Some(true));
        assert_eq!(ok(None, None, false), None);
    }
}
