//! Sums that budgets are held against.

use domain::attempt::AttemptKey;
use domain::money::Usd;

use super::*;
use crate::pass::Limits;

fn tokens(tokens: u64) -> Used {
    Used { tokens, usd: Usd::ZERO }
}

fn budget(tokens: u64) -> Budget {
    Budget { tokens: Some(tokens), usd: None }
}

fn pass(limits: Limits) -> Pass {
    Pass {
        run: "abc123".to_owned(),
        attempt: AttemptKey { phase: "build".to_owned(), attempt: 1 },
        repo: "/repo".to_owned(),
        folder: "/nowhere".into(),
        routes: BTreeMap::new(),
        limits,
        frozen: false,
        refuse: None,
    }
}

fn account(day: &str) -> LedgerAccount {
    LedgerAccount { run: "abc123".to_owned(), repo: "/repo".to_owned(), day: day.to_owned() }
}

#[test]
fn a_hundred_calls_stay_within_budget() {
    let (mut ledger, of) = (Ledger::default(), account("2026-11-22"));
    let pass = pass(Limits { run: budget(3_000), ..Limits::default() });
    let went = (0..100).filter(|_| ledger.admit(&of, &pass, tokens(1_000)) == Admission::Goes).count();
    assert_eq!(went, 2, "a third one would use it up while they are open");
    ledger.release(&of, tokens(1_000));
    ledger.add(&of, tokens(10));
    assert_eq!(ledger.admit(&of, &pass, tokens(1_000)), Admission::Goes, "one of them used less");
    for _ in 0..2 {
        ledger.release(&of, tokens(1_000));
        ledger.add(&of, tokens(2_000));
    }
    let Admission::Over(over) = ledger.admit(&of, &pass, tokens(1)) else { panic!("it is reached") };
    assert_eq!((over.of, over.used.as_str()), (BudgetOf::Run, "4k of 3k tokens"));
}

#[test]
fn a_call_alone_goes_at_any_length() {
    let (mut ledger, of) = (Ledger::default(), account("2026-11-22"));
    let pass = pass(Limits { run: budget(3_000), day: budget(10_000), ..Limits::default() });
    assert_eq!(ledger.admit(&of, &pass, tokens(50_000)), Admission::Goes);
    assert_eq!(ledger.admit(&of, &pass, tokens(1)), Admission::Waits);
    let other = LedgerAccount { run: "other1".to_owned(), ..of.clone() };
    let its = Pass { run: "other1".to_owned(), ..pass.clone() };
    assert_eq!(ledger.admit(&other, &its, tokens(1)), Admission::Waits, "of the same day");
    ledger.release(&of, tokens(50_000));
    assert_eq!(ledger.admit(&other, &its, tokens(1)), Admission::Goes);
}

#[test]
fn a_cut_call_counts_and_is_named() {
    let (mut ledger, of) = (Ledger::default(), account("2026-11-22"));
    let pass = pass(Limits { run: budget(3_000), ..Limits::default() });
    ledger.add(&of, tokens(1_000));
    ledger.keep(&of, tokens(2_500));
    let Admission::Over(over) = ledger.admit(&of, &pass, tokens(1)) else { panic!("it is reached") };
    assert!(over.used.contains("up to 2.5k tokens of it for answers that were cut off"), "{}", over.used);
}

#[test]
fn days_survive_a_clock_forward_and_back() {
    let mut ledger = Ledger::default();
    let pass = pass(Limits { day: budget(3_000), ..Limits::default() });
    let (today, tomorrow) = (account("2026-11-22"), account("2026-11-23"));
    ledger.add(&today, tokens(2_900));
    assert_eq!(ledger.admit(&tomorrow, &pass, tokens(1)), Admission::Goes);
    ledger.release(&tomorrow, tokens(1));
    ledger.add(&tomorrow, tokens(500));
    ledger.add(&today, tokens(100));
    let over = |ledger: &mut Ledger, of| matches!(ledger.admit(of, &pass, tokens(1)), Admission::Over(_));
    assert!(over(&mut ledger, &today), "back in the first day its sum is there");
    assert!(!over(&mut ledger, &tomorrow));
}

#[test]
fn jumping_clocks_make_no_days_without_end() {
    let mut ledger = Ledger::default();
    let pass = pass(Limits::default());
    for year in 2000..2100 {
        ledger.admit(&account(&format!("{year}-01-01")), &pass, tokens(1));
    }
    assert!(ledger.days.len() <= DAYS + 1, "{}", ledger.days.len());
}

#[test]
fn a_pipe_for_a_spec_blocks_nobody() {
    let home = tempfile::tempdir().expect("a folder");
    let run = home.path().join("runs/abc123");
    fs::create_dir_all(&run).expect("a folder");
    fs::write(run.join(domain::fold::CALLS), "").expect("written just now");
    let made = std::process::Command::new("mkfifo").arg(run.join("spec.json")).status().expect("mkfifo");
    assert!(made.success());
    let now = domain::Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
    assert!(Ledger::open(home.path(), now).days.is_empty());
}
