//! A person's word: who may give it, and what an agent tries in order to be taken for one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const REFUSED: &str = "no person's word";

/// A house in which `text` is an agent called sly, and a run of it that has begun.
fn house_of(settings: &str, text: &str) -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    let path = house.home().join("agent.sh");
    testkit::script(&path, text);
    let settings = format!("{settings}\n[agent.sly]\ncommand = [{path:?}, \"{{prompt}}\"]\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    house
}

/// Waits until a file of the house ends with the line `OVER`; returns its text.
fn said(house: &House, name: &str) -> String {
    wait_until(&format!("what {name} says"), || {
        let text = fs::read_to_string(house.home().join(name)).unwrap_or_default();
        if text.ends_with("OVER\n") { Ok(text) } else { Err(text) }
    })
}

/// The lines of perl by which it says frames to the daemon by hand.
const SPEAK: &str = r#"
use IO::Socket::UNIX; use Socket;
sub dial { IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $_[0]) or die "dial: $!" }
sub say_to { my ($s, $t) = @_; syswrite($s, pack("N", length $t) . $t) }
sub hear { my $s = shift; my $n; sysread($s, $n, 4) or return ""; my ($len, $t) = (unpack("N", $n), "");
  while (length $t < $len) { sysread($s, $t, $len - length $t, length $t) or last } $t }
"#;

fn perl(house: &House, name: &str, text: &str) -> PathBuf {
    let path = house.home().join(name);
    fs::write(&path, format!("{SPEAK}{text}")).expect("a script");
    path
}

#[test]
fn a_clean_process_chain_is_followed() {
    let house = house_of("freezer = \"signals\"", "");
    let chain = r#"my ($n, @words) = @ARGV;
        exec "/usr/bin/env", "-i", @words if $n <= 0;
        my $child = fork; if ($child) { waitpid $child, 0; exit }
        exec "/usr/bin/env", "-i", $^X, $0, $n - 1, @words;"#;
    let path = perl(&house, "chain.pl", chain);
    let (home, repo) = (house.home(), house.repo.path());
    let text = format!(
        "cd {repo:?}\nexec > {home:?}/said 2>&1\nperl {path:?} 70 PILOTHOUSE_HOME={home:?} {BINARY:?} terminate other\n\
         echo OVER\nsleep 300"
    );
    testkit::script(&house.home().join("agent.sh"), &text);
    house.run("other", "slow");
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let said = said(&house, "said");
    assert!(said.contains(REFUSED), "{said}");
    assert_eq!(house.wait_for("other", "working")["name"], "other");
}

#[test]
fn a_connecting_child_is_no_person() {
    let house = house_of("freezer = \"signals\"", "");
    house.run("other", "slow");
    let socket = fs::read(house.home().join("daemon.json")).expect("a record");
    let socket: serde_json::Value = serde_json::from_slice(&socket).expect("JSON");
    // It connects while the daemon stands still, ends, and its child, which has the connection, asks then.
    let text = r#"my ($daemon, $socket) = @ARGV; kill "STOP", $daemon; $| = 1;
        my $s = dial($socket); $^F = 255;
        my $asks = '{"request":{"id":7,"request":{"act":{"runs":["other"],"scope":"all","command":{"terminate":{"grace_ms":0}}}}}}';
        my $grandchild = fork;
        if ($grandchild) { exit }
        say_to($s, $asks); select undef, undef, undef, 0.3; kill "CONT", $daemon;
        while (my $heard = hear($s)) { print "$heard\n"; last if $heard =~ /"id":7/ } print "OVER\n";"#;
    let path = perl(&house, "gone.pl", text);
    let (home, repo) = (house.home(), house.repo.path());
    let daemon = house.daemon_pid().expect("a daemon");
    let socket = socket["socket"].as_str().expect("a path").to_owned();
    let text = format!("cd {repo:?}\nenv -i perl {path:?} {daemon} {socket:?} > {home:?}/said 2>&1\nsleep 300");
    testkit::script(&house.home().join("agent.sh"), &text);
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let said = said(&house, "said");
    assert!(said.contains("\"refused\"") && said.contains(REFUSED), "{said}");
    assert_eq!(house.wait_for("other", "working")["name"], "other");
}

#[test]
fn a_killed_keepers_orphan_is_no_person() {
    let house = house_of("freezer = \"signals\"", "");
    let (home, repo) = (house.home(), house.repo.path());
    let orphan = format!(
        "cd {repo:?}\nuntil test -e {home:?}/go; do sleep 0.05; done\n\
         PILOTHOUSE_HOME={home:?} {BINARY:?} terminate other > {home:?}/said 2>&1\necho OVER >> {home:?}/said\n"
    );
    testkit::script(&house.home().join("orphan.sh"), &orphan);
    let text = format!("cd /\nsetsid env -i PATH=\"$PATH\" {home:?}/orphan.sh &\nsleep 300");
    testkit::script(&house.home().join("agent.sh"), &text);
    house.run("other", "slow");
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let row = house.wait_for("sly", "working");
    let folder = house.folder(&row).join("attempts/build.1");
    let record = wait_until("its agent", || {
        supervisor::keeper_record(&folder).ok().flatten().filter(|r| r.agent.is_some()).ok_or("not yet".to_owned())
    });
    assert!(record.keeper.kill());
    record.keeper.wait();
    record.agent.expect("an agent").kill();
    fs::write(house.home().join("go"), "").expect("room");
    let said = said(&house, "said");
    assert!(said.contains(REFUSED) && said.contains("keeper of run"), "{said}");
    // A person whose session is older than the run is one, and ends the doubt.
    house.ok(&["terminate", "other", "--grace", "0s"]);
    house.wait_for("other", "terminated");
}

#[test]
fn an_agents_crowd_blocks_no_person() {
    let house = house_of("", "");
    let status = Command::new("sh")
        .args(["-c", "ulimit -Sn 512; exec \"$0\" status"])
        .arg(BINARY)
        .env("PILOTHOUSE_HOME", house.home())
        .current_dir(house.repo.path())
        .output();
    assert!(status.expect("it runs").status.success());
    let limits = |pid: u32| fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits");
    let soft = |pid: u32| {
        let limits = limits(pid);
        let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line").to_owned();
        line.split_ascii_whitespace().nth(3).expect("a number").to_owned()
    };
    assert_ne!(soft(house.daemon_pid().expect("a daemon")), "512", "it takes what it may have");
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("a record")).expect("JSON");
    let socket = record["socket"].as_str().expect("a path");
    let text = r#"$| = 1; my @all; for (1..400) { my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]);
        push @all, $s if $s } print "HELD ", scalar @all, "\n", `sh -c "ulimit -Sn"`, "OVER\n"; sleep 300;"#;
    let path = perl(&house, "crowd.pl", text);
    let home = house.home();
    testkit::script(&house.home().join("agent.sh"), &format!("perl {path:?} {socket:?} > {home:?}/said 2>&1\n"));
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let said = said(&house, "said");
    assert!(said.contains("HELD 400\n512\n"), "agents have the limit that the daemon was started with: {said}");
    // Most of them are closed at once, and the others when they say nothing.
    let daemon = house.daemon_pid().expect("a daemon");
    wait_until("the silent ones to be let go", || {
        let sockets = fs::read_dir(format!("/proc/{daemon}/fd")).expect("descriptors").flatten();
        let open = sockets.filter_map(|fd| fs::read_link(fd.path()).ok());
        let n = open.filter(|to| to.to_string_lossy().starts_with("socket:")).count();
        if n < 32 { Ok(()) } else { Err(format!("{n} sockets")) }
    });
    house.ok(&["terminate", "sly", "--grace", "0s"]);
}

#[test]
fn a_killed_keepers_leftover_is_told() {
    let house = house_of("freezer = \"signals\"", "");
    testkit::script(&house.home().join("agent.sh"), "setsid env -i sleep 60 & echo $! > left; sleep 300");
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let row = house.wait_for("sly", "working");
    let tree = PathBuf::from(row["worktree"].as_str().expect("a path"));
    let left: u32 = wait_until("its child", || {
        let text = fs::read_to_string(tree.join("left")).unwrap_or_default();
        text.trim().parse().map_err(|_| text)
    });
    let record =
        supervisor::keeper_record(&house.folder(&row).join("attempts/build.1")).expect("read").expect("a keeper");
    assert!(record.keeper.kill());
    record.keeper.wait();
    for process in supervisor::marked(&house.home(), row["id"].as_str().expect("an id")) {
        process.kill();
        process.wait();
    }
    let clean = supervisor::Identity::of(left).expect("the child with a clean environment lives");
    let said = house.say(&["retry", "sly"]);
    assert!(said.code == 4 && said.err.contains("1 process"), "{said:?}");
    let said = house.say(&["terminate", "sly", "--grace", "0s"]);
    assert!(said.code != 0 && said.err.contains(&format!("sleep {left}")), "{said:?}");
    assert!(clean.is_alive(), "what is not proven to be the run's is left alone");
    assert!(clean.kill());
    clean.wait();
    house.wait_for("sly", "lost");
}

/// An orphan's script: it waits for `go`, and then asks for the end of another run.
fn orphan(house: &House) -> PathBuf {
    let (home, repo) = (house.home(), house.repo.path());
    let text = format!(
        "cd {repo:?}\nuntil test -e {home:?}/go; do sleep 0.05; done\n\
         PILOTHOUSE_HOME={home:?} {BINARY:?} terminate other > {home:?}/said 2>&1\necho OVER >> {home:?}/said\n"
    );
    let path = house.home().join("orphan.sh");
    testkit::script(&path, &text);
    path
}

#[test]
fn a_retry_makes_no_orphan_a_person() {
    let house = house_of("freezer = \"signals\"", "");
    let orphan = orphan(&house);
    let once = house.home().join("once");
    let left = house.home().join("left");
    // What was started clean has begun when it says so: until then it has its run's marker.
    let text = format!(
        "cd /\nmkdir {once:?} && setsid env -i PATH=\"$PATH\" sh -c 'echo > {left:?}; exec {orphan:?}' &\nsleep 300"
    );
    testkit::script(&house.home().join("agent.sh"), &text);
    house.run("other", "slow");
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let row = house.wait_for("sly", "working");
    let record = wait_until("its agent", || {
        let record = supervisor::keeper_record(&house.folder(&row).join("attempts/build.1"));
        record.ok().flatten().filter(|r| r.agent.is_some() && left.exists()).ok_or("not yet".to_owned())
    });
    assert!(record.keeper.kill());
    record.keeper.wait();
    for process in supervisor::marked(&house.home(), row["id"].as_str().expect("an id")) {
        process.kill();
        process.wait();
    }
    let row = house.wait_for("sly", "lost");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("can't be told")), "{row:#}");
    house.ok(&["retry", "sly", "--fresh"]);
    house.wait_for("sly", "working");
    fs::write(house.home().join("go"), "").expect("room");
    let said = said(&house, "said");
    assert!(said.contains(REFUSED) && said.contains("keeper of run"), "{said}");
    house.ok(&["terminate", "sly", "--grace", "0s"]);
}

#[test]
fn what_a_stopped_keeper_holds_is_terminated() {
    let house = house_of("freezer = \"signals\"", "");
    let orphan = orphan(&house);
    let (left, begun) = (house.home().join("left"), house.home().join("begun"));
    // A keeper that has not said that it is ready is woken by whoever starts it.
    let text = format!(
        "cd /\n(setsid env -i PATH=\"$PATH\" sh -c 'echo $$ > {left:?}; exec {orphan:?}' &)\n\
         while test ! -s {left:?} -o ! -e {begun:?}; do sleep 0.05; done\nkill -STOP $PPID\nsleep 300"
    );
    testkit::script(&house.home().join("agent.sh"), &text);
    house.run("other", "slow");
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly"]);
    let row = house.wait_for("sly", "working");
    fs::write(&begun, "").expect("room");
    let folder = house.folder(&row).join("attempts/build.1");
    let pid: u32 = wait_until("its child", || {
        let text = fs::read_to_string(&left).unwrap_or_default();
        text.trim().parse().map_err(|_| text)
    });
    let child = supervisor::Identity::of(pid).expect("it lives");
    let keeper = supervisor::keeper_record(&folder).expect("readable").expect("a keeper").keeper;
    wait_until("its keeper to stand still", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", keeper.pid)).expect("it lives");
        if stat.contains(") T ") { Ok(()) } else { Err(stat) }
    });
    let said = house.ok(&["terminate", "sly", "--grace", "0s"]);
    assert!(said.contains("nothing of it lives"), "{said}");
    assert!(!child.is_alive(), "and nothing does");
    assert!(supervisor::exit_record(&folder).expect("readable").is_some(), "its keeper ended by itself");
}
