//! A state folder that is full or read-only: said, nothing lost, and all goes on when it is mended. A small tmpfs
//! stands for the disk, which only root can mount; elsewhere these say so and do nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use domain::Body;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose state folder is a small disk of its own; the house goes first, then the disk.
struct Small {
    house: House,
    disk: Mount,
}

struct Mount(PathBuf);

impl Small {
    fn new(options: &str, settings: &str) -> Option<Self> {
        let house = House::new(BINARY, Repo::with_files(5));
        let home = house.home();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&home).output();
        if !mounted.is_ok_and(|out| out.status.success()) {
            return None;
        }
        fs::write(home.join("config.toml"), settings).expect("room");
        Some(Self { house, disk: Mount(home) })
    }
}

impl Mount {
    /// Remounts; a disk can't become read-only before whoever was killed has closed its files, which may be a little
    /// after it is gone from the process table.
    fn again(&self, options: &str) {
        wait_until(&format!("remount,{options}"), || {
            let out = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).output();
            let out = out.map_err(|error| error.to_string())?;
            if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
        });
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _lazily = Command::new("umount").args(["-l"]).arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_loses_no_line() {
    let Some(small) = Small::new("size=1500k,mode=0700", "[limits]\nfree_space = \"0\"\n") else {
        println!("disk: nothing can be mounted here");
        return;
    };
    let house = &small.house;
    let row = house.run("talks", "chatty");
    house.wait_for("talks", "working");
    let filler = house.home().join("filler");
    // As much as there is room for.
    let _full = Command::new("dd")
        .args(["if=/dev/zero", "bs=4k", "status=none"])
        .arg(format!("of={}", filler.display()))
        .status();
    let mut full_since = Instant::now();
    let degraded = wait_until("the daemon to say so", || {
        let status = house.json(&["status", "--json"]);
        let degraded = status["daemon"]["degraded"].as_str().or(status["degraded"].as_str()).map(str::to_owned);
        let full = rustix::fs::statvfs(house.home()).is_ok_and(|disk| disk.f_bavail == 0);
        if full && degraded.is_none() && full_since.elapsed() > Duration::from_secs(1) {
            // The agent has met the end of the disk while the daemon had room in its page and nothing to write; one page
            // more is used up by both.
            let file = fs::File::options().write(true).open(&filler).expect("the filler");
            let len = file.metadata().expect("its length").len();
            file.set_len(len.saturating_sub(4096)).expect("it can be made smaller");
            full_since = Instant::now();
        }
        degraded.ok_or_else(|| format!("{status:#}"))
    });
    assert!(degraded.contains("no space left") && degraded.contains("timeline.jsonl"), "{degraded}");
    assert_eq!(house.row("talks").expect("a row")["name"], "talks", "reading goes on");
    fs::remove_file(&filler).expect("removable");
    wait_until("the daemon to write again", || {
        let status = house.json(&["status", "--json"]);
        let well = status["daemon"]["degraded"].is_null() && status["degraded"].is_null();
        if well { Ok(()) } else { Err(format!("{status:#}")) }
    });
    let messages = || -> Vec<u32> {
        let number = |text: &str| text.strip_prefix("Message ")?.split(':').next()?.parse().ok();
        let events = evidence::read(&house.folder(&row)).expect("a timeline");
        events.iter().filter_map(|e| if let Body::AgentMessage(m) = &e.body { number(&m.text) } else { None }).collect()
    };
    let before = messages().len();
    wait_until("new messages", || if messages().len() > before + 20 { Ok(()) } else { Err(format!("{before}")) });
    house.ok(&["terminate", "talks", "--grace", "0s"]);
    let said = messages();
    let wanted: Vec<u32> = (1..=u32::try_from(said.len()).expect("small")).collect();
    assert_eq!(said, wanted, "each message once and in order");
    house.assert_over("talks");
    println!("disk: full and free again, {} messages each once", said.len());
}

/// Uses up every byte: of the disk, and of the blocks that these files have.
fn fill(house: &House, files: &[PathBuf]) -> PathBuf {
    let filler = house.home().join("filler");
    let _full = Command::new("dd")
        .args(["if=/dev/zero", "bs=4k", "status=none"])
        .arg(format!("of={}", filler.display()))
        .status();
    for path in files {
        let mut file = fs::File::options().append(true).open(path).expect("a file");
        while file.write_all(b"\n").is_ok() {}
    }
    filler
}

#[test]
fn a_full_log_ends_no_daemon() {
    let Some(small) = Small::new("size=1500k,mode=0700", "[limits]\nfree_space = \"0\"\n") else {
        println!("disk: nothing can be mounted here");
        return;
    };
    let house = &small.house;
    house.run("talks", "chatty");
    house.wait_for("talks", "working");
    let pid = house.daemon_pid().expect("a daemon");
    let log = house.home().join("daemon.log");
    let filler = fill(house, std::slice::from_ref(&log));
    wait_until("the daemon to have something to log", || {
        // Room that was given back meanwhile is used up again.
        fill(house, std::slice::from_ref(&log));
        let status = house.json(&["status", "--json"]);
        let degraded = status["daemon"]["degraded"].as_str().or(status["degraded"].as_str()).map(str::to_owned);
        degraded.map(drop).ok_or_else(|| format!("{status:#}"))
    });
    assert_eq!(house.daemon_pid(), Some(pid), "it is the same daemon");
    assert!(fs::metadata(&log).is_ok_and(|meta| meta.len() % 4096 == 0), "there is no room for a line");
    // And none is kept from starting.
    house.kill_daemon();
    assert_eq!(house.row("talks").expect("a row")["name"], "talks");
    assert_ne!(house.daemon_pid(), Some(pid));
    fs::remove_file(&filler).expect("removable");
    house.ok(&["terminate", "talks", "--grace", "0s"]);
    house.assert_over("talks");
}

#[test]
fn terminate_on_full_disk_tells_known_state() {
    for least in [false, true] {
        let Some(small) = Small::new("size=1500k,mode=0700", "[limits]\nfree_space = \"0\"\n") else {
            println!("disk: nothing can be mounted here");
            return;
        };
        let house = &small.house;
        let row = house.run("talks", "chatty");
        house.wait_for("talks", "working");
        // Once with room in the timeline for what is asked, once without.
        let timeline = house.folder(&row).join("timeline.jsonl");
        let filler = fill(house, &[]);
        if least {
            wait_until("the daemon to say so", || {
                fill(house, &[]);
                let status = house.json(&["status", "--json"]);
                status["daemon"]["degraded"].as_str().map(drop).ok_or_else(|| format!("{status:#}"))
            });
        }
        let said = house.say(&["terminate", "talks", "--grace", "0s"]);
        if said.code == 0 {
            // A block of the timeline may have had room for all of the end; what is proven of it is told beside.
            assert!(!least && said.out.contains("terminated, nothing of it lives"), "{said:?}");
            assert!(said.out.contains("its proof was not written: "), "{said:?}");
            assert_eq!(house.row("talks").expect("a row")["status"], "terminated");
            assert_eq!(house.processes(&row), 0);
            continue;
        }
        assert!(said.err.contains("no space to write it down"), "{said:?}");
        // On a busy machine the last of its processes may still be on its way out then, and is told of.
        assert!(said.err.contains("of it live") && said.err.contains("when there is room"), "{said:?}");
        wait_until("nothing of it to live", || match house.processes(&row) {
            0 => Ok(()),
            alive => Err(alive.to_string()),
        });
        assert_ne!(house.row("talks").expect("a row")["status"], "terminated", "it is not told as done");
        assert!(fs::metadata(&timeline).is_ok_and(|meta| meta.len() > 0));
        fs::remove_file(&filler).expect("removable");
        house.wait_for("talks", "terminated");
        house.assert_over("talks");
    }
}

#[test]
fn restore_on_full_disk_finishes_with_room() {
    let Some(small) = Small::new("size=3m,mode=0700", "[limits]\nfree_space = \"0\"\n") else {
        println!("disk: nothing can be mounted here");
        return;
    };
    let house = &small.house;
    house.run("comes-back", "success");
    house.wait_for("comes-back", "ready");
    let row = house.proven("comes-back");
    house.ok(&["rm", "comes-back", "--yes"]);
    // No block of its timeline is left to write to.
    let filler = fill(house, &[]);
    let timeline = house.folder(&row).join("timeline.jsonl");
    let said = house.say(&["restore", "comes-back"]);
    assert!(said.code != 0 && said.err.to_lowercase().contains("no space"), "{said:?} {timeline:?}");
    fs::remove_file(&filler).expect("removable");
    wait_until("it to be back", || {
        // What could not even be asked for is asked for again.
        let said = house.say(&["restore", "comes-back"]);
        if Path::new(row["worktree"].as_str().expect("a path")).exists() { Ok(()) } else { Err(format!("{said:?}")) }
    });
    house.assert_over("comes-back");
}

#[test]
fn an_odd_log_keeps_nobody_out() {
    let house = House::new(BINARY, Repo::with_files(5));
    let log = house.home().join("daemon.log");
    let made = Command::new("mkfifo").arg(&log).status().expect("mkfifo");
    assert!(made.success());
    house.run("well", "success");
    house.wait_for("well", "ready");
    house.kill_daemon();
    fs::remove_file(&log).expect("removable");
    fs::create_dir(&log).expect("a folder in its place");
    house.assert_over("well");
}

// And nothing changes until that is mended.
#[test]
fn a_read_only_state_folder_is_named() {
    let Some(small) = Small::new("size=20m,mode=0700", "[limits]\nfree_space = \"0\"\n") else {
        println!("disk: nothing can be mounted here");
        return;
    };
    let house = &small.house;
    house.run("well", "success");
    house.wait_for("well", "ready");
    house.kill_daemon();
    small.disk.again("ro");
    let said = house.say(&["ls"]);
    assert!(said.code == 5 && said.err.to_lowercase().contains("read-only"), "{said:?}");
    small.disk.again("rw");
    house.wait_for("well", "ready");
    house.assert_over("well");
}

#[test]
fn a_run_needs_the_free_floor() {
    let Some(small) = Small::new("size=20m,mode=0700", "[limits]\nfree_space = \"50MB\"\n") else {
        println!("disk: nothing can be mounted here");
        return;
    };
    let house = &small.house;
    house.run("waits", "success");
    let row = wait_until("the reason", || {
        let row = house.row("waits").ok_or("no row")?;
        if row["reason"].as_str().is_some_and(|r| r.starts_with("waits for room")) {
            Ok(row)
        } else {
            Err(format!("{row:#}"))
        }
    });
    assert_eq!(row["status"], "queued");
    assert!(row["reason"].as_str().expect("a reason").contains("limits.free_space"), "{row:#}");
    small.disk.again("size=200m");
    house.wait_for("waits", "ready");
    house.assert_over("waits");
}

#[test]
fn a_merge_without_room_leaves_nothing() {
    let repo = Repo::with_files(5);
    repo.write("pilothouse.toml", "[gate]\napproval = \"none\"\nmin_score = 0.0\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "a gate"]);
    let (shop, aside) = (repo.path(), repo.beside("aside"));
    let copy = |from: &Path, to: &Path| Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp").success();
    assert!(copy(&shop, &aside));
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m,mode=0755", "none"]).arg(&shop).output();
    if !mounted.is_ok_and(|out| out.status.success()) {
        println!("disk: nothing can be mounted here");
        return;
    }
    let disk = Mount(shop.clone());
    assert!(copy(&aside.join("."), &shop));
    let settings = "[agent.sh]\ncommand = [\"bash\", \"-c\", \"{prompt}\"]\n[limits]\nfree_space = \"0\"\n";
    let house = House::with_settings(BINARY, repo, settings);
    let script =
        "mkdir deep; head -c 3000000 /dev/urandom > deep/big; echo more >> README.md; git add -A; git commit -qm w";
    house.ok(&["run", script, "--agent", "sh", "--name", "big", "--wait"]);
    house.proven("big");
    let base = house.repo.git(&["rev-parse", "main"]);
    let filler = shop.join(".git/filler");
    let free = rustix::fs::statvfs(&shop).map(|disk| disk.f_bavail * disk.f_frsize).expect("a disk");
    fs::write(&filler, vec![0; usize::try_from(free - (1 << 20)).expect("small")]).expect("room but for a megabyte");
    let said = house.say(&["merge", "big"]);
    assert!(said.code != 0 && !said.err.contains("git -c"), "{said:?}");
    assert_eq!(house.repo.git(&["rev-parse", "main"]), base, "the base did not move");
    assert!(!shop.join("deep").exists(), "nothing of it is left: {said:?}");
    fs::remove_file(&filler).expect("removable");
    assert_eq!(house.repo.git(&["status", "--porcelain"]), "", "{said:?}");
    house.ok(&["merge", "big"]);
    assert_eq!(fs::metadata(shop.join("deep/big")).expect("merged").len(), 3_000_000);
    drop(house);
    drop(disk);
}
