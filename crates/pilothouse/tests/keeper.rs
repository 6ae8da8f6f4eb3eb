//! The keeper with real processes: bytes, input, terminal, tree, record.

use std::fs;
use std::path::{Path, PathBuf};

use domain::attempt::Exit;
use supervisor::{Keeper, KeeperRecord, Reply, Request, StartInput, Terminal};
use testkit::{Attempt, FAMILY, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

#[test]
fn what_is_written_is_kept_and_the_exit_is_recorded() {
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
fn an_input_with_a_known_id_is_not_written_twice() {
    let attempt = Attempt::of(BINARY, "cat");
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    assert!(keeper.answers());
    let write = |id: &str, data: &str| {
        keeper.ask(&Request::Stdin { id: id.to_owned(), data: data.to_owned() }).expect("an answer")
    };
    assert_eq!(write("a", "one\n"), Reply::Done);
    assert_eq!(write("a", "one again\n"), Reply::Known);
    assert_eq!(write("b", "two\n"), Reply::Done);
    assert_eq!(keeper.ask(&Request::CloseStdin).expect("an answer"), Reply::Done);
    assert_eq!(attempt.exit().code, Some(0));
    assert_eq!(attempt.text("stdout"), "one\ntwo\n");
    testkit::gone(launched);
}

#[test]
fn more_than_a_pipe_holds_reaches_the_agent_while_the_keeper_still_answers() {
    let attempt = Attempt::of(BINARY, "sleep 0.3; wc -c");
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    let data = "x".repeat(1 << 20);
    assert_eq!(keeper.ask(&Request::Stdin { id: "big".to_owned(), data }).expect("an answer"), Reply::Done);
    assert!(keeper.answers());
    keeper.ask(&Request::CloseStdin).expect("an answer");
    assert_eq!(attempt.exit().code, Some(0));
    assert_eq!(attempt.text("stdout").trim(), "1048576");
    testkit::gone(launched);
}

#[test]
fn a_flood_is_kept_to_the_last_byte() {
    let attempt = Attempt::of(BINARY, "head -c 20000000 /dev/zero; printf end");
    testkit::gone(attempt.launch());
    attempt.exit();
    let bytes = fs::read(attempt.path().join("stdout")).expect("stdout");
    assert_eq!(bytes.len(), 20_000_003);
    assert!(bytes.ends_with(b"end"));
}

#[test]
fn a_terminal_has_its_size_and_is_recorded() {
    let mut attempt =
        Attempt::of(BINARY, "test -t 0 && stty size; printf 'h\\303\\251'; read x; stty size; echo \"$x\"");
    attempt.start.terminal = Some(Terminal { columns: 97, rows: 31 });
    let launched = attempt.launch();
    let keeper = Keeper::new(&launched.record);
    wait_until("the first size", || {
        let text = attempt.text("output.cast");
        if text.contains("31 97") { Ok(()) } else { Err(text) }
    });
    keeper.ask(&Request::Resize { columns: 60, rows: 20 }).expect("an answer");
    keeper.ask(&Request::Stdin { id: "1".to_owned(), data: "typed\n".to_owned() }).expect("an answer");
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
fn a_second_keeper_does_not_start_the_agent_again() {
    let attempt = Attempt::of(BINARY, "echo started; sleep 30");
    let first = attempt.launch();
    wait_until("the agent's first line", || {
        let said = attempt.text("stdout");
        if said == "started\n" { Ok(()) } else { Err(said) }
    });
    let refused = supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &[]);
    assert!(refused.is_err(), "while the first one holds the folder");
    Keeper::new(&first.record).ask(&Request::Stop { grace_ms: 0 }).expect("an answer");
    attempt.exit();
    testkit::gone(first);
    let refused = supervisor::launch(Path::new(BINARY), attempt.path(), &attempt.start, &[]);
    assert!(refused.is_err(), "after the attempt is over");
    assert_eq!(attempt.text("stdout"), "started\n");
}

#[test]
fn a_program_that_is_not_there_is_named() {
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
    Keeper::new(&launched.record).ask(&Request::Stop { grace_ms: 100 }).expect("an answer");
    let exit = attempt.exit();
    assert!(exit.asked);
    assert!(testkit::alive(&pids).is_empty(), "still alive: {:?}", testkit::alive(&pids));
    assert_eq!(attempt.living(), 0);
    testkit::gone(launched);
}

#[test]
fn what_outlives_the_agent_is_ended_and_counted() {
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
fn one_that_forks_as_fast_as_it_can_is_ended() {
    // Each generation starts the next in a session of its own and is gone.
    let hop = "hop() { setsid sh \"$1\" \"$1\" & }; hop \"$1\"";
    let attempt = Attempt::of(BINARY, "echo hopping; sh ./hop ./hop; sleep 300");
    fs::write(attempt.path().join("hop"), hop).expect("a script");
    let launched = attempt.launch();
    wait_until("the hopping to begin", || if attempt.living() > 1 { Ok(()) } else { Err(attempt.text("stderr")) });
    Keeper::new(&launched.record).ask(&Request::Stop { grace_ms: 0 }).expect("an answer");
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

#[test]
fn the_keeper_leads_its_own_session_and_holds_nothing_of_its_parent() {
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
    Keeper::new(&launched.record).ask(&Request::Stop { grace_ms: 0 }).expect("an answer");
    testkit::gone(launched);
}
