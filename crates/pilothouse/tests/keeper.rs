//! The keeper with real processes: bytes, input, terminal, tree, record.

use std::fs;
use std::path::{Path, PathBuf};

use domain::attempt::Exit;
use supervisor::{Keeper, KeeperRecord, KeeperReply, KeeperRequest, StartInput, TerminalSpec};
use testkit::{Attempt, FAMILY, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

#[test]
fn output_is_kept_and_exit_recorded() {
    let mut attempt = Attempt::of(BINARY, "echo \"$GREETING\"; echo wrong >&2; read line; echo \"got $line\"; exit 3");
    attempt.start.input = vec![StartInput { id: "first".to_owned(), data: "a line\n".to_owned() }];
    let launched = attempt.launch();
    assert_eq!(attempt.exit(), Exit { code: Some(3), ..Exit::default() });
    assert_eq!(attempt.text("stdout"), "hello\ngot a line\n");
    assert_eq!(attempt.text("stderr"), "wrong\n");
    assert_eq!(attempt.text("stdin.jsonl"), "{\"id\":\"first\",\"data\":\"a line\\n\"}\n");
    testkit::gone(launched);
    assert!(!attempt.path().join("k").exists(), "the socket goes with its keeper");
}

#[test]
fn a_known_input_is_not_written_twice() {
    let attempt = Attempt::of(BINARY, "cat");
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    assert!(keeper.answers());
    let write = |id: &str, data: &str| {
        keeper.ask(&KeeperRequest::Stdin { id: id.to_owned(), data: data.to_owned() }).expect("an answer")
    };
    assert_eq!(write("a", "one\n"), KeeperReply::Done);
    assert_eq!(write("a", "one again\n"), KeeperReply::Known);
    assert_eq!(write("b", "two\n"), KeeperReply::Done);
    assert_eq!(keeper.ask(&KeeperRequest::CloseStdin).expect("an answer"), KeeperReply::Done);
    assert_eq!(attempt.exit().code, Some(0));
    assert_eq!(attempt.text("stdout"), "one\ntwo\n");
    testkit::gone(launched);
}

#[test]
fn input_beyond_a_pipe_reaches_the_agent() {
    let attempt = Attempt::of(BINARY, "sleep 0.3; wc -c");
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    let data = "x".repeat(1 << 20);
    assert_eq!(keeper.ask(&KeeperRequest::Stdin { id: "big".to_owned(), data }).expect("an answer"), KeeperReply::Done);
    assert!(keeper.answers());
    keeper.ask(&KeeperRequest::CloseStdin).expect("an answer");
    assert_eq!(attempt.exit().code, Some(0));
    assert_eq!(attempt.text("stdout").trim(), "1048576");
    testkit::gone(launched);
}

#[test]
fn a_flood_is_kept_whole() {
    let attempt = Attempt::of(BINARY, "head -c 20000000 /dev/zero; printf end");
    testkit::gone(attempt.launch());
    attempt.exit();
    let bytes = fs::read(attempt.path().join("stdout")).expect("stdout");
    assert_eq!(bytes.len(), 20_000_003);
    assert!(bytes.ends_with(b"end"));
}

#[test]
fn a_terminal_is_sized_and_recorded() {
    let mut attempt =
        Attempt::of(BINARY, "test -t 0 && stty size; printf 'h\\303\\251'; read x; stty size; echo \"$x\"");
    attempt.start.terminal = Some(TerminalSpec { columns: 97, rows: 31, ..TerminalSpec::default() });
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    wait_until("the first size", || {
        let text = attempt.text("output.cast");
        if text.contains("31 97") { Ok(()) } else { Err(text) }
    });
    keeper.ask(&KeeperRequest::Resize { columns: 60, rows: 20 }).expect("an answer");
    keeper.ask(&KeeperRequest::Stdin { id: "1".to_owned(), data: "typed\n".to_owned() }).expect("an answer");
    assert_eq!(attempt.exit().code, Some(0));
    let cast = attempt.text("output.cast");
    assert!(cast.starts_with("{\"version\":2,\"width\":97,\"height\":31}\n"), "{cast}");
    let said: String = cast
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<(f64, String, String)>(line).expect("an asciicast event").2)
        .collect();
    assert!(said.contains("hé") && said.contains("20 60") && said.contains("typed"), "{said:?}");
    testkit::gone(launched);
}

#[test]
fn terminal_queries_are_answered_without_a_daemon() {
    let answers = "\u{1b}[5;4R\u{1b}[?62;22c\u{1b}[8;31;97t";
    let script = format!(
        "stty raw -echo; printf '\\033[5;3Hx\\033['; printf '6n\\033[c\\033[18t'; dd bs=1 count={} of=answers 2>/dev/null",
        answers.len()
    );
    let mut attempt = Attempt::of(BINARY, &script);
    attempt.start.terminal = Some(TerminalSpec { columns: 97, rows: 31, ..TerminalSpec::default() });
    let launched = attempt.launch();
    assert_eq!(attempt.exit().code, Some(0));
    assert_eq!(attempt.text("answers"), answers);
    testkit::gone(launched);
}

#[test]
fn an_agent_never_reading_answers_ends_normally() {
    let mut attempt = Attempt::of(
        BINARY,
        "stty raw -echo; yes \"$(printf '\\033[6n\\033]52;c;')\" | head -c 3000000; printf 'the end'",
    );
    attempt.start.terminal = Some(TerminalSpec::default());
    let launched = attempt.launch();
    assert_eq!(attempt.exit().code, Some(0));
    assert!(attempt.text("output.cast").contains("the end"));
    testkit::gone(launched);
}

#[test]
fn a_second_keeper_starts_no_agent() {
    let attempt = Attempt::of(BINARY, "echo started; sleep 30");
    let first = attempt.launch();
    wait_until("the agent's first line", || {
        let said = attempt.text("stdout");
        if said == "started\n" { Ok(()) } else { Err(said) }
    });
    let refused = supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &[]);
    assert!(refused.is_err(), "while the first one holds the folder");
    Keeper::new(&first.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    attempt.exit();
    testkit::gone(first);
    let refused = supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &[]);
    assert!(refused.is_err(), "after the attempt is over");
    assert_eq!(attempt.text("stdout"), "started\n");
}

#[test]
fn a_missing_program_is_named() {
    let mut attempt = Attempt::of(BINARY, "");
    attempt.start.program = "/no/such/program".to_owned();
    let error = supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &[]).expect_err("it can't start");
    assert!(error.to_string().contains("/no/such/program"), "{error}");
    assert!(attempt.exit().error.expect("a reason").contains("/no/such/program"));
}

#[test]
fn stopping_leaves_nothing_of_the_whole_family() {
    let attempt = Attempt::of(BINARY, &format!("{FAMILY}\nsleep 300"));
    let launched = attempt.launch();
    let pids = attempt.family();
    assert_eq!(pids.len(), 7);
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 100 }).expect("an answer");
    let exit = attempt.exit();
    assert!(exit.asked);
    assert!(testkit::alive(&pids).is_empty(), "still alive: {:?}", testkit::alive(&pids));
    assert_eq!(attempt.living(), 0);
    testkit::gone(launched);
}

#[test]
fn surviving_children_are_ended_and_counted() {
    let attempt = Attempt::of(BINARY, &format!("{FAMILY}\nexit 0"));
    let launched = attempt.launch();
    let pids = attempt.family();
    let exit = attempt.exit();
    assert_eq!((exit.code, exit.asked), (Some(0), false));
    assert!(exit.survivors_ended >= 6, "{exit:?}");
    assert!(testkit::alive(&pids).is_empty(), "still alive: {:?}", testkit::alive(&pids));
    testkit::gone(launched);
}

#[test]
fn a_forking_chain_is_ended() {
    // Each generation starts the next in a session of its own and is gone.
    let hop = "hop() { setsid sh \"$1\" \"$1\" & }; hop \"$1\"";
    let attempt = Attempt::of(BINARY, "echo hopping; sh ./hop ./hop; sleep 300");
    fs::write(attempt.path().join("hop"), hop).expect("a script");
    let launched = attempt.launch();
    wait_until("the hopping to begin", || if attempt.living() > 1 { Ok(()) } else { Err(attempt.text("stderr")) });
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    attempt.exit();
    assert_eq!(attempt.living(), 0);
    testkit::gone(launched);
}

#[test]
fn a_limit_holds_without_any_daemon() {
    let mut attempt = Attempt::of(BINARY, "sleep 300");
    attempt.start.limit_ms = Some(200);
    testkit::gone(attempt.launch());
    assert_eq!(attempt.exit().signal, Some(15));
}

// And holds nothing of its parent.
#[test]
fn the_keeper_leads_its_own_session() {
    let attempt = Attempt::of(BINARY, "sleep 300");
    let launched = attempt.launch();
    let KeeperRecord { keeper, agent, .. } = &launched.record;
    let stat = |pid: u32| fs::read_to_string(format!("/proc/{pid}/stat")).expect("a stat line");
    let session = |pid: u32| -> u32 {
        let text = stat(pid);
        let mut fields = text[text.rfind(')').expect("a name") + 1..].split_ascii_whitespace();
        fields.nth(3).expect("a session").parse().expect("a number")
    };
    wait_until("the keeper to detach", || {
        let found = session(keeper.pid);
        if found == keeper.pid { Ok(()) } else { Err(format!("session {found}")) }
    });
    let agent = agent.as_ref().expect("an agent").pid;
    assert_eq!(session(agent), agent);
    let links = fs::read_dir(format!("/proc/{}/fd", keeper.pid)).expect("descriptors");
    let open: Vec<PathBuf> = links.filter_map(|l| fs::read_link(l.ok()?.path()).ok()).collect();
    let foreign: Vec<_> = open
        .iter()
        .filter(|path| path.is_absolute() && !path.starts_with(attempt.path()) && *path != Path::new("/dev/null"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
}

/// A script for a process of the attempt itself, which takes the lock at `$LOCK`, asks its keeper to stop, and prints
/// the answer.
const ASKS: &str = r#"perl -e '
use IO::Socket::UNIX; use Fcntl ":flock";
open my $lock, ">>", $ARGV[0]; flock($lock, LOCK_EX | LOCK_NB) or die "no lock";
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "k") or die "no socket";
syswrite $s, "{\"stop\":{\"grace_ms\":0}}\n"; my $heard = <$s> // ""; print "HEARD [$heard]\n"' "$LOCK"; sleep 300"#;

#[test]
fn only_the_lock_holder_is_answered() {
    let home = tempfile::tempdir().expect("a folder");
    let mut attempt = Attempt::of(BINARY, "sleep 300");
    attempt.start.home = home.path().to_string_lossy().into_owned();
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    assert!(!keeper.answers(), "nobody holds the lock");
    let lock = fs::File::create(home.path().join("daemon.lock")).expect("made");
    assert!(!keeper.answers(), "still nobody does");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
    assert!(keeper.answers());
    keeper.ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    attempt.exit();
    testkit::gone(launched);
}

#[test]
fn a_runs_own_process_is_not_answered() {
    let home = tempfile::tempdir().expect("a folder");
    let mut attempt = Attempt::of(BINARY, ASKS);
    // The keeper's folder is one of a run's, as in a state folder.
    fs::create_dir_all(home.path().join("runs").join(&attempt.start.run)).expect("room");
    attempt.start.home = home.path().to_string_lossy().into_owned();
    let lock = home.path().join("daemon.lock");
    attempt.start.env.push(("LOCK".to_owned(), lock.to_string_lossy().into_owned()));
    let launched = attempt.launch();
    wait_until("its answer", || {
        let said = attempt.text("stdout");
        if said.contains("HEARD") { Ok(()) } else { Err(format!("{said}{}", attempt.text("stderr"))) }
    });
    assert_eq!(attempt.text("stdout"), "HEARD []\n", "it is hung up on");
    let agent = launched.record.agent.clone().expect("an agent");
    assert!(agent.is_alive(), "nothing was stopped");
    assert!(launched.record.keeper.kill());
    for process in supervisor::marked(home.path(), &attempt.start.run) {
        process.kill();
    }
    testkit::gone(launched);
}

#[test]
fn unwritten_variables_reach_only_the_agent() {
    let attempt = Attempt::of(BINARY, "echo \"$SECRET\" > told; grep SigBlk /proc/self/status; sleep 300");
    let unwritten = [("SECRET".to_owned(), "only-for-agents".to_owned())];
    let launched =
        supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &unwritten).expect("it starts");
    wait_until("the agent", || if attempt.text("stdout").is_empty() { Err("silent".to_owned()) } else { Ok(()) });
    assert_eq!(attempt.text("told"), "only-for-agents\n");
    let environ = fs::read(format!("/proc/{}/environ", launched.record.keeper.pid)).expect("readable by root");
    let environ = String::from_utf8_lossy(&environ).into_owned();
    assert!(!environ.contains("only-for-agents") && !environ.contains("GREETING="), "{environ}");
    assert!(!attempt.text("start.json").contains("only-for-agents"));
    assert_eq!(attempt.text("stdout"), "SigBlk:\t0000000000000000\n", "no signal is kept from it");
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
}

#[test]
fn orphans_that_end_are_reaped_at_once() {
    let attempt =
        Attempt::of(BINARY, "i=0; while [ $i -lt 500 ]; do (true &); i=$((i+1)); done; echo done > done; sleep 300");
    let launched = attempt.launch();
    wait_until("all of them", || if attempt.path().join("done").exists() { Ok(()) } else { Err("at it".to_owned()) });
    let keeper = launched.record.keeper.pid;
    let children = fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children")).expect("its children");
    let left = children.split_ascii_whitespace().count();
    assert!(left < 100, "{left} of 500 wait to be reaped");
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
}

#[test]
fn oversized_input_is_refused_with_a_reason() {
    let attempt = Attempt::of(BINARY, "cat");
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    let write = KeeperRequest::Stdin { id: "long".to_owned(), data: "y".repeat(17 << 20) };
    assert!(!supervisor::fits(&write));
    let refused = keeper.ask(&write).expect_err("too much");
    assert!(refused.to_string().contains("more than a keeper takes at once (16 MB)"), "{refused}");
    // One that asks all the same is told so too.
    let mut raw = std::os::unix::net::UnixStream::connect(&launched.record.socket).expect("a keeper");
    let _cut = std::io::Write::write_all(&mut raw, &vec![b'x'; 17 << 20]);
    let mut heard = String::new();
    // What it did not take is in the way of an end in peace; the answer comes before that.
    let _reset = std::io::Read::read_to_string(&mut raw, &mut heard);
    assert!(heard.contains("more than a keeper takes at once"), "{heard}");
    keeper.ask(&KeeperRequest::CloseStdin).expect("it goes on");
    assert_eq!(attempt.exit().code, Some(0));
    testkit::gone(launched);
}

#[test]
fn what_is_held_inside_signals_nobody_outside() {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a version");
    let numbers: Vec<u32> = release.split(['.', '-']).take(2).filter_map(|n| n.parse().ok()).collect();
    if supervisor::sandbox_works().is_err() || numbers < vec![6, 12] {
        println!("this kernel can't hold signals back");
        return;
    }
    let me = std::process::id();
    let script =
        format!("kill -0 {me} && echo OPEN; sleep 300 & kill -0 $! && echo OWN; kill $!; echo over; sleep 300");
    let mut attempt = Attempt::of(BINARY, &script);
    attempt.start.writable = Some(vec![attempt.path().to_string_lossy().into_owned()]);
    let launched = attempt.launch();
    wait_until("its tries", || {
        let said = attempt.text("stdout");
        if said.ends_with("over\n") { Ok(()) } else { Err(said) }
    });
    assert_eq!(attempt.text("stdout"), "OWN\nover\n");
    Keeper::new(&launched.record).ask(&KeeperRequest::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
}
