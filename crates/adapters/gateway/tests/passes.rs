//! Passes are given and taken back attempt by attempt.

use domain::attempt::AttemptKey;
use gateway::{GivenKeys, Limits, Pass, Passes};

fn pass(attempt: u32) -> Pass {
    Pass {
        run: "abc123".to_owned(),
        attempt: AttemptKey { phase: "build".to_owned(), attempt },
        repo: "/repo".to_owned(),
        folder: "/state/runs/abc123".into(),
        routes: Default::default(),
        limits: Limits::default(),
        frozen: false,
        refuse: None,
    }
}

#[test]
fn a_late_end_spares_the_next_pass() {
    let home = tempfile::tempdir().expect("a folder");
    let passes = Passes::new(home.path(), &GivenKeys::default());
    let first = passes.give(&pass(1)).expect("a token");
    passes.take_back_of("abc123", &pass(1).attempt);
    assert_eq!(passes.find(&first), None);
    let second = passes.give(&pass(2)).expect("a token");
    passes.take_back_of("abc123", &pass(1).attempt);
    assert_eq!(passes.find(&second), Some(pass(2)));
    passes.take_back("abc123");
    assert!(!passes.is_any());
}
