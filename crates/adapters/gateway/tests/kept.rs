//! What a daemon takes up of passes on disk when both it and the gateway were gone: its own, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::key_values::KeyValues;
use gateway::{GivenKeys, KeySource, Limits, Pass, Passes, Route, name_of};
use serde_json::Value;

fn keys(value: &str) -> GivenKeys {
    GivenKeys { env: KeyValues([("A_KEY".to_owned(), value.to_owned())].into()), ..GivenKeys::default() }
}

fn route() -> Route {
    Route { upstream: "https://here.example".to_owned(), key: KeySource::Env("A_KEY".to_owned()) }
}

fn pass() -> Pass {
    Pass {
        run: "abc123".to_owned(),
        attempt: AttemptKey { phase: "build".to_owned(), attempt: 1 },
        repo: "/repo".to_owned(),
        folder: "/state/runs/abc123".into(),
        routes: BTreeMap::from([("anthropic".to_owned(), route())]),
        limits: Limits::default(),
        frozen: false,
        refuse: None,
    }
}

/// A state folder in which a daemon with this key has given out one pass, and its token.
fn given() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().expect("a folder");
    let token = Passes::new(home.path(), &keys("sk-1")).give(&pass()).expect("a token");
    (home, token)
}

fn folder(home: &Path) -> PathBuf {
    home.join("gateway/passes")
}

/// Takes over, as the next daemon does, the passes that the last one kept.
fn taken_over(home: &Path, keys: &GivenKeys, bound: &[Route]) -> Passes {
    let passes = Passes::new(home, keys);
    passes.take_over(bound, Duration::ZERO).expect("a folder");
    passes
}

fn left(home: &Path) -> usize {
    fs::read_dir(folder(home)).expect("a folder").count()
}

#[test]
fn a_pass_needs_the_same_keys() {
    let (home, token) = given();
    assert_eq!(taken_over(home.path(), &keys("sk-1"), &[route()]).find(&token), Some(pass()));
    assert_eq!(taken_over(home.path(), &keys("sk-2"), &[route()]).find(&token), None);
    assert_eq!(left(home.path()), 0, "what is refused is removed");
}

#[test]
fn no_file_tells_a_token() {
    let (home, token) = given();
    let entry = fs::read_dir(folder(home.path())).expect("a folder").flatten().next().expect("a pass");
    assert_eq!(entry.file_name().to_string_lossy(), format!("{}.json", name_of(&token)));
    assert!(!fs::read_to_string(entry.path()).expect("text").contains(&token));
}

#[test]
fn a_changed_pass_is_refused() {
    let changes: [fn(&mut Value); 5] = [
        |pass| pass["routes"]["anthropic"]["upstream"] = "https://evil.example".into(),
        |pass| pass["routes"]["anthropic"]["key"] = serde_json::json!({"command": ["id"]}),
        |pass| pass["run"] = "other1".into(),
        |pass| pass["folder"] = "/state/runs/other1".into(),
        |pass| pass["limits"]["run"]["tokens"] = 9_000_000.into(),
    ];
    for change in changes {
        let (home, token) = given();
        let path = folder(home.path()).join(format!("{}.json", name_of(&token)));
        let mut kept: Value = serde_json::from_slice(&fs::read(&path).expect("a pass")).expect("JSON");
        change(&mut kept["pass"]);
        fs::write(&path, kept.to_string()).expect("written");
        assert_eq!(taken_over(home.path(), &keys("sk-1"), &[route()]).find(&token), None, "{kept}");
    }
}

#[test]
fn a_pass_under_another_name_is_refused() {
    let (home, token) = given();
    let path = |token: &str| folder(home.path()).join(format!("{}.json", name_of(token)));
    fs::copy(path(&token), path("my-own-token")).expect("copied");
    let passes = taken_over(home.path(), &keys("sk-1"), &[route()]);
    assert_eq!((passes.find("my-own-token"), passes.find(&token)), (None, Some(pass())));
}

#[test]
fn a_key_for_another_address_is_refused() {
    let (home, token) = given();
    let elsewhere = Route { upstream: "https://there.example".to_owned(), ..route() };
    assert_eq!(taken_over(home.path(), &keys("sk-1"), &[elsewhere]).find(&token), None);
}

/// Keys that a daemon has of whoever asked for this run.
fn keys_of(run: &str, value: &str) -> GivenKeys {
    let values = KeyValues([("A_KEY".to_owned(), value.to_owned())].into());
    GivenKeys { of_runs: [(run.to_owned(), values)].into(), ..GivenKeys::default() }
}

fn pass_with_key_of(run: &str) -> Pass {
    let key = KeySource::OfRun { run: run.to_owned(), variable: "A_KEY".to_owned() };
    Pass { routes: BTreeMap::from([("anthropic".to_owned(), Route { key, ..route() })]), ..pass() }
}

#[test]
fn a_key_of_another_run_is_refused() {
    for (run, taken) in [("abc123", true), ("victim", false)] {
        let home = tempfile::tempdir().expect("a folder");
        let keys = keys_of(run, "sk-1");
        let token = Passes::new(home.path(), &keys).give(&pass_with_key_of(run)).expect("a token");
        let found = taken_over(home.path(), &keys, &[route()]).find(&token);
        assert_eq!(found.is_some(), taken, "with the key of {run}");
    }
}

#[test]
fn a_seal_without_values_proves_nothing() {
    for pass in [pass(), pass_with_key_of("abc123")] {
        for keys in [GivenKeys::default(), keys("")] {
            let home = tempfile::tempdir().expect("a folder");
            // As anybody can seal who knows how.
            let token = Passes::new(home.path(), &keys).give(&pass).expect("a token");
            assert_eq!(taken_over(home.path(), &keys, &[route()]).find(&token), None, "{pass:?}");
        }
    }
}

#[test]
fn odd_files_among_passes_block_nobody() {
    let (home, token) = given();
    let folder = folder(home.path());
    let name = |text: &str| folder.join(format!("{}.json", name_of(text)));
    let outside = home.path().join("outside");
    fs::write(&outside, "kept").expect("written");
    std::os::unix::fs::symlink(&outside, name("link")).expect("a link");
    std::process::Command::new("mkfifo").arg(name("fifo")).status().expect("mkfifo");
    fs::File::create(name("huge")).expect("a file").set_len(1 << 40).expect("a sparse file");
    fs::create_dir(name("folder")).expect("a folder");
    // As an earlier version had them.
    fs::write(folder.join(format!("abc123-{:032x}.json", 7)), "{}").expect("written");
    fs::write(folder.join("a persons own.txt"), "kept").expect("written");
    assert!(taken_over(home.path(), &keys("sk-1"), &[route()]).find(&token).is_some());
    assert_eq!(fs::read_to_string(&outside).expect("text"), "kept");
    assert!(folder.join("a persons own.txt").exists());
    assert!(!name("fifo").exists() && !name("huge").exists() && !name("link").exists());
}

#[test]
fn a_linked_passes_folder_is_not_followed() {
    let (home, _) = given();
    let elsewhere = home.path().join("elsewhere");
    fs::rename(folder(home.path()), &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, folder(home.path())).expect("a link");
    let passes = taken_over(home.path(), &keys("sk-2"), &[route()]);
    assert!(!passes.is_any());
    assert_eq!(fs::read_dir(&elsewhere).expect("a folder").count(), 1, "nothing was removed there");
}
