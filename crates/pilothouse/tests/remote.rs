//! The cockpit where people sit: in tmux, and over SSH. Both programs must be there: `.ci/run` installs them and runs
//! these tests, which `cargo test` alone leaves out.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use testkit::{House, Repo, TerminalSeat, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A tmux server of its own.
struct Tmux(String);

impl Tmux {
    fn open(house: &House, columns: u16, rows: u16) -> Self {
        let tmux = Self(format!("pilothouse-{}", std::process::id()));
        let size = [columns, rows].map(|n| n.to_string());
        let command = format!(
            "TZ=UTC LC_ALL=C.UTF-8 PILOTHOUSE_HOME='{}' '{BINARY}'; echo LEFT $?; exec sh",
            house.home().display()
        );
        let folder = house.repo.path();
        let folder = folder.to_str().expect("UTF-8");
        tmux.say(&["-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1], "-c", folder, &command]);
        tmux
    }

    fn say(&self, words: &[&str]) -> String {
        let out = Command::new("tmux").args(["-L", &self.0]).args(words).output().expect("tmux is installed");
        assert!(out.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.say(&[&["send-keys"], keys].concat());
    }

    fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        wait_until(what, || {
            let screen = self.say(&["capture-pane", "-p"]);
            if wanted(&screen) { Ok(screen) } else { Err(screen) }
        })
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _over = Command::new("tmux").args(["-L", &self.0, "kill-server"]).output();
    }
}

// And a killed server stops no run.
#[test]
#[ignore = "needs tmux"]
fn the_cockpit_works_within_tmux() {
    let house = House::new(BINARY, Repo::with_files(3));
    house.run("asks", "asks");
    house.run("goes-on", "slow");
    house.wait_for("asks", "waiting");
    let tmux = Tmux::open(&house, 80, 24);
    tmux.wait_until("the question", |s| s.contains("asks: Bash") && s.contains("1 working"));
    tmux.say(&["resize-window", "-x", "140", "-y", "40"]);
    tmux.wait_until("all columns", |s| s.contains("NOW / WHY"));
    tmux.keys(&["!", "y"]);
    tmux.wait_until("the answer", |s| s.contains("1 ready"));
    tmux.keys(&["d"]);
    tmux.wait_until("a diff", |s| s.contains("[Diff]"));
    // Escape and a key in one breath are alt and that key.
    tmux.keys(&["Escape"]);
    tmux.wait_until("the runs to have the keys", |s| !s.contains("esc back"));
    tmux.keys(&["q"]);
    tmux.wait_until("the shell, clean", |s| s.contains("LEFT 0") && !s.contains("WORKING"));
    drop(tmux);
    assert_eq!(house.row("goes-on").expect("a row")["status"], "working");
}

/// An SSH server for this user alone, on loopback.
struct Sshd {
    server: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Sshd {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for key in ["host", "own"] {
            let path = at(key);
            let path = path.to_str().expect("UTF-8");
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", path]).status();
            assert!(made.expect("ssh-keygen is installed").success());
        }
        std::fs::copy(at("own.pub"), at("authorized")).expect("writable");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPermitRootLogin yes\nPidFile none\n",
            at("host").display(),
            at("authorized").display()
        );
        std::fs::write(at("config"), config).expect("writable");
        // The server's privilege separation needs its folder when it runs as root.
        let _there = std::fs::create_dir_all("/run/sshd");
        let server = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(at("config"))
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd is installed");
        let sshd = Self { server, folder, port };
        wait_until("sshd", || {
            std::net::TcpStream::connect(("127.0.0.1", sshd.port)).map(|_| ()).map_err(|e| e.to_string())
        });
        sshd
    }

    /// The cockpit at the other end of a line.
    fn seat(&self, house: &House) -> TerminalSeat {
        let user = Command::new("id").arg("-un").output().expect("id");
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        let there = format!(
            "cd '{}' && LC_ALL=C.UTF-8 PILOTHOUSE_HOME='{}' '{BINARY}'",
            house.repo.path().display(),
            house.home().display()
        );
        let key = self.folder.path().join("own");
        let command = pty_process::blocking::Command::new("ssh")
            .args(["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR", "-tt", "-p", &self.port.to_string(), "-i"])
            .arg(Path::new(&key))
            .arg(format!("{user}@127.0.0.1"))
            .arg(there)
            .env("TERM", "xterm-256color");
        TerminalSeat::of(command, 80, 24)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}

// And leaves no face.
#[test]
#[ignore = "needs sshd"]
fn a_cut_ssh_line_stops_no_run() {
    let house = House::new(BINARY, Repo::with_files(3));
    house.run("talks", "chatty");
    house.wait_for("talks", "working");
    let sshd = Sshd::start();
    let mut seat = sshd.seat(&house);
    seat.wait_until("the cockpit over SSH", |s| s.contains("talks") && s.contains("1 working"));
    let faces = || house.json(&["daemon", "status", "--json"])["faces"].as_u64().expect("a number");
    let with_it = faces();
    // The agent talks all the time, so some frame is under way.
    seat.press("jkjk?");
    let mut line = seat.cut();
    line.kill().expect("it can be cut");
    line.wait().expect("it ends");
    wait_until("the face to be gone", || {
        let now = faces();
        if now < with_it { Ok(()) } else { Err(format!("{now} faces, {with_it} before")) }
    });
    assert_eq!(house.row("talks").expect("a row")["status"], "working");
    let mut again = sshd.seat(&house);
    again.wait_until("the same run over a new line", |s| s.contains("talks") && s.contains("1 working"));
    again.press("q");
    assert_eq!(again.leave().0, 0);
}
