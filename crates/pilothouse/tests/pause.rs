//! Pausing with real trees: everything stands still, by the freezer and by signals, and nothing is missed.

use std::fs;
use std::path::Path;

use domain::attempt::Frozen;
use supervisor::{Identity, Keeper, KeeperRecord, KeeperReply, KeeperRequest};
use testkit::{Attempt, FAMILY, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// Both means, or only signals where no control group can be made.
fn means() -> Vec<bool> {
    let probe = Attempt::of(BINARY, "sleep 300");
    let launched = probe.launch();
    let can = launched.record.cgroup.is_some();
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
    if can { vec![true, false] } else { vec![false] }
}

fn freeze(record: &KeeperRecord) -> Frozen {
    match Keeper::new(record).ask(&KeeperRequest::Freeze).expect("an answer") {
        KeeperReply::Frozen(frozen) => frozen,
        other => panic!("{other:?}"),
    }
}

/// Stopped by a signal, or in a frozen control group.
fn stands_still(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let stopped = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'));
    let group = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let group = group.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 ")).and_then(|line| line.split(' ').nth(4));
    let events = mount.map(|mount| fs::read_to_string(Path::new(mount).join(group).join("cgroup.events")));
    stopped || events.is_some_and(|events| events.is_ok_and(|events| events.contains("frozen 1")))
}

#[test]
fn a_whole_family_freezes_and_thaws() {
    for freezer in means() {
        // Each member counts; whoever runs makes its file grow.
        let count = "while :; do echo x >> $$.count; sleep 0.02; done";
        let script = FAMILY.replace("exec sleep 300", count).replace("while :; do sleep 300; done", count);
        let script = script.replace("exec setsid -w sleep 300", count);
        let mut attempt = Attempt::of(BINARY, &format!("{script}\nwhile :; do echo x >> $$.count; sleep 0.02; done"));
        attempt.start.freezer = freezer;
        let launched = attempt.launch();
        let pids = attempt.family();
        assert_eq!(pids.len(), 7);
        let counted = || -> Vec<u64> {
            let size = |pid: &u32| fs::metadata(attempt.path().join(format!("{pid}.count"))).map_or(0, |m| m.len());
            pids.iter().map(size).collect()
        };
        wait_until("everyone to count", || {
            if counted().iter().all(|n| *n > 0) { Ok(()) } else { Err(format!("{:?}", counted())) }
        });

        let frozen = freeze(&launched.record);
        assert!(frozen.n == frozen.of && frozen.n >= 7, "{frozen:?}");
        assert_eq!(frozen.means, if freezer { "freezer" } else { "signals" });
        assert!(pids.iter().all(|pid| stands_still(*pid)), "{frozen:?}");
        let then = counted();
        // The keeper itself goes on: it answers while its tree stands still, again and again.
        for _ in 0..20 {
            let again = freeze(&launched.record);
            // One that was on its way out when it was stopped may be gone by now.
            assert!(again.n == again.of && (7..=frozen.of).contains(&again.of), "{frozen:?} {again:?}");
        }
        assert_eq!(counted(), then, "nobody wrote a byte");

        Keeper::new(&launched.record).ask(&KeeperRequest::Thaw).expect("an answer");
        wait_until("everyone to count again", || {
            let now = counted();
            if now.iter().zip(&then).all(|(now, then)| now > then) { Ok(()) } else { Err(format!("{now:?}")) }
        });
        Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 100 }).expect("an answer");
        attempt.exit();
        assert_eq!(testkit::alive(&pids), [] as [u32; 0]);
        testkit::gone(launched);
    }
}

#[test]
fn a_forking_chain_is_frozen() {
    for freezer in means() {
        let hop = "echo x >> count; setsid sh \"$1\" \"$1\" &";
        let mut attempt = Attempt::of(BINARY, "echo hopping; sh ./hop ./hop; sleep 300");
        attempt.start.freezer = freezer;
        fs::write(attempt.path().join("hop"), hop).expect("a script");
        let launched = attempt.launch();
        let count = || fs::metadata(attempt.path().join("count")).map_or(0, |m| m.len());
        wait_until("the hopping", || if count() > 20 { Ok(()) } else { Err(attempt.text("stderr")) });
        let frozen = freeze(&launched.record);
        assert_eq!(frozen.n, frozen.of, "{frozen:?}");
        let then = count();
        let again = freeze(&launched.record);
        assert!(again.n == again.of && again.of <= frozen.of, "{frozen:?} {again:?}");
        assert_eq!(count(), then, "nobody was born meanwhile");
        Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
        attempt.exit();
        assert_eq!(attempt.living(), 0);
        testkit::gone(launched);
    }
}

#[test]
fn a_frozen_tree_hears_its_termination() {
    for freezer in means() {
        let mut attempt = Attempt::of(BINARY, "trap 'echo heard; exit 7' TERM; echo up; while :; do sleep 0.05; done");
        attempt.start.freezer = freezer;
        let launched = attempt.launch();
        wait_until("the agent", || {
            if attempt.text("stdout").contains("up") { Ok(()) } else { Err(attempt.text("stderr")) }
        });
        freeze(&launched.record);
        Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 60_000 }).expect("an answer");
        assert_eq!(attempt.exit().code, Some(7), "it ended by itself, long before the grace was over");
        assert!(attempt.text("stdout").contains("heard"));
        testkit::gone(launched);
    }
}

#[test]
fn a_killed_keepers_frozen_tree_is_ended() {
    for freezer in means() {
        let mut attempt = Attempt::of(BINARY, &format!("{FAMILY}\nsleep 300"));
        attempt.start.freezer = freezer;
        let launched = attempt.launch();
        let pids = attempt.family();
        freeze(&launched.record);
        let record = launched.record.clone();
        assert!(record.keeper.kill());
        testkit::gone(launched);
        let around = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(attempt.path(), around.path().join("build.1")).expect("a link");
        let attempts = around.path();
        let living = || supervisor::living(attempt.path(), &attempt.start.run, attempts).len();
        // Without a group those with a cleaned environment can't be told from strangers.
        let known = if freezer { 7 } else { 5 };
        assert!(living() >= known, "{} of 7 are known", living());
        supervisor::end_left(attempt.path(), &attempt.start.run, attempts).expect("all of them can be ended");
        assert_eq!(living(), 0);
        let left = testkit::alive(&pids);
        assert!(left.len() <= 7 - known, "{left:?}");
        for pid in left {
            // The test cleans up what it made and nobody else can find.
            Identity::of(pid).map(|identity| identity.kill());
        }
        if let Some(group) = &record.cgroup {
            assert!(!group.exists(), "the group goes with its last process");
        }
    }
}

/// Returns a program that forks and exits at every step and writes a byte each time, in its group or in sessions of its
/// own.
fn hopper(setsid: &str) -> String {
    format!(
        "perl -e 'use POSIX; open F, \">>\", \"count\"; for (1..3) {{ next if fork; \
         while (1) {{ exit if fork; {setsid} syswrite F, \"x\" }} }} sleep 300'"
    )
}

#[test]
fn a_running_chain_is_never_called_frozen() {
    for setsid in ["", "POSIX::setsid();"] {
        let mut attempt = Attempt::of(BINARY, &hopper(setsid));
        attempt.start.freezer = false;
        let launched = attempt.launch();
        let count = || fs::metadata(attempt.path().join("count")).map_or(0, |m| m.len());
        for _ in 0..testkit::rounds(6) {
            let then = count();
            wait_until("the hopping", || if count() > then { Ok(()) } else { Err(attempt.text("stderr")) });
            let frozen = freeze(&launched.record);
            let then = count();
            let again = freeze(&launched.record);
            if frozen.n == frozen.of {
                assert_eq!((count(), again.n), (then, again.of), "{frozen:?} {again:?}");
            }
            println!("{setsid:?}: {frozen:?}");
            Keeper::new(&launched.record).ask(&KeeperRequest::Thaw).expect("an answer");
        }
        Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
        attempt.exit();
        testkit::gone(launched);
    }
}
