//! A checkpoint keeps the whole worktree without touching index or branch, and the way back loses nothing.

mod everything;
mod place;

use std::fs;
use std::path::{Path, PathBuf};

use everything::everything;
use place::{Place, git, write};
use worktrees::{CheckpointName, Repository};

fn with_worktree() -> (Place, Repository, PathBuf) {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let made = repo.create(&place.new_worktree("one")).expect("a worktree");
    (place, repo, made.path)
}

fn name(path: &Path, n: u32) -> CheckpointName<'_> {
    CheckpointName { path, run: "abc234", branch: "pilothouse/one", n }
}

#[test]
fn a_checkpoint_leaves_index_and_branch_alone() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("dir0/file0"), "changed\n");
    write(&path.join("new/deep"), "untracked\n");
    write(&path.join("ignored"), "not part of it\n");
    fs::remove_file(path.join("dir1/file1")).expect("removable");
    write(&path.join("staged"), "one\n");
    git(&path, &["add", "staged"]);
    write(&path.join("staged"), "two\n");
    let before = git(&path, &["status", "--porcelain=v2", "--untracked-files=all"]);
    let head = git(&path, &["rev-parse", "HEAD"]);

    let saved = repo.save_checkpoint(&name(&path, 0), "for the test").expect("saved");

    assert_eq!(git(&path, &["status", "--porcelain=v2", "--untracked-files=all"]), before);
    assert_eq!(git(&path, &["rev-parse", "pilothouse/one"]), head);
    assert_eq!(saved.head, head.trim());
    let show = |file: &str| git(&path, &["show", &format!("refs/pilothouse/abc234/0:{file}")]);
    assert_eq!(
        (show("dir0/file0"), show("new/deep"), show("staged")),
        ("changed\n".into(), "untracked\n".into(), "two\n".into())
    );
    let listed = git(&path, &["ls-tree", "-r", "--name-only", "refs/pilothouse/abc234/0"]);
    assert!(!listed.contains("ignored\n") || listed.contains(".gitignore"), "{listed}");
    assert!(!listed.lines().any(|l| l == "ignored" || l == "dir1/file1"), "{listed}");
}

#[test]
fn saving_again_gives_the_first_one() {
    let (_place, repo, path) = with_worktree();
    let first = repo.save_checkpoint(&name(&path, 3), "first").expect("saved");
    write(&path.join("later"), "later\n");
    assert_eq!(repo.save_checkpoint(&name(&path, 3), "again").expect("known"), first);
}

#[test]
fn a_checkpoint_keeps_flag_hidden_files() {
    let (_place, repo, path) = with_worktree();
    git(&path, &["update-index", "--assume-unchanged", "dir0/file0"]);
    git(&path, &["update-index", "--skip-worktree", "dir1/file1"]);
    write(&path.join("dir0/file0"), "hidden one\n");
    write(&path.join("dir1/file1"), "hidden two\n");
    repo.save_checkpoint(&name(&path, 0), "flags").expect("saved");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/0:dir0/file0"]), "hidden one\n");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/0:dir1/file1"]), "hidden two\n");
}

#[test]
fn going_back_and_forth_loses_nothing() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("early"), "untracked early\n");
    repo.save_checkpoint(&name(&path, 0), "early").expect("saved");
    let early = everything(&path);
    let base = git(&path, &["rev-parse", "HEAD"]);

    write(&path.join("dir0/file0"), "committed\n");
    git(&path, &["add", "--all"]);
    git(&path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-m", "work"]);
    write(&path.join("late dir/new file"), "untracked late\n");
    fs::remove_file(path.join("dir2/file2")).expect("removable");
    std::os::unix::fs::symlink("nowhere", path.join("link")).expect("a link");
    let tip = git(&path, &["rev-parse", "HEAD"]);
    write(&path.join("ignored"), "stays\n");
    let late = everything(&path);
    repo.save_checkpoint(&name(&path, 1), "late").expect("saved");

    let head = repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(head.head, base.trim());
    let with_ignored = |mut files: Vec<(PathBuf, String)>| {
        files.push((
            PathBuf::from("ignored"),
            late.iter().find(|f| f.0 == Path::new("ignored")).expect("there").1.clone(),
        ));
        files.sort();
        files
    };
    assert_eq!(everything(&path), with_ignored(early));
    assert_eq!(git(&path, &["rev-parse", "pilothouse/one"]), base);
    assert_eq!(git(&path, &["status", "--porcelain"]), "?? early\n");

    let head = repo.restore_checkpoint(&name(&path, 1)).expect("forth");
    assert_eq!(head.head, tip.trim());
    assert_eq!(everything(&path), late);
    assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/pilothouse/one\n");
}

#[test]
fn restoring_ends_a_merge_under_way() {
    let (_place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "before").expect("saved");
    let commit = |text: &str| {
        write(&path.join("dir0/file0"), text);
        git(&path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-am", "x"]);
    };
    git(&path, &["branch", "side"]);
    commit("one way\n");
    git(&path, &["checkout", "--quiet", "side"]);
    commit("another way\n");
    git(&path, &["checkout", "--quiet", "pilothouse/one"]);
    let merged = std::process::Command::new("git").arg("-C").arg(&path).args(["merge", "side"]).output().expect("git");
    assert!(!merged.status.success(), "it was to conflict");
    let conflicted = fs::read_to_string(path.join("dir0/file0")).expect("text");
    repo.save_checkpoint(&name(&path, 1), "in the middle").expect("saved");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/1:dir0/file0"]), conflicted);
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert!(git(&path, &["status"]).contains("nothing to commit"));
}

#[test]
fn newly_ignored_files_survive_a_restore() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("notes"), "old notes\n");
    repo.save_checkpoint(&name(&path, 0), "notes are untracked").expect("saved");
    write(&path.join(".gitignore"), "ignored\nnotes\n");
    write(&path.join("notes"), "precious new notes\n");
    repo.save_checkpoint(&name(&path, 1), "notes are ignored").expect("saved");
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(fs::read_to_string(path.join("notes")).expect("text"), "old notes\n");
    let kept = git(&path, &["for-each-ref", "--format=%(refname)", "refs/pilothouse/abc234/"]);
    let kept = kept.lines().find(|name| name.contains("overwritten-")).expect("a ref");
    assert_eq!(git(&path, &["show", &format!("{kept}:notes")]), "precious new notes\n");
}

fn overwritten(path: &Path) -> Vec<String> {
    let refs = git(path, &["for-each-ref", "--format=%(refname)", "refs/pilothouse/abc234/"]);
    refs.lines().filter(|name| name.contains("overwritten-")).map(str::to_owned).collect()
}

fn commit(path: &Path, text: &str) {
    write(&path.join("dir0/file0"), text);
    git(path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-am", text.trim()]);
}

#[test]
fn restoring_keeps_work_since_last_checkpoint() {
    let (_place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "base").expect("saved");
    write(&path.join("later"), "by a person\n");
    let went = repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(went.kept, overwritten(&path));
    assert!(!path.join("later").exists());
    assert_eq!(git(&path, &["show", &format!("{}:later", overwritten(&path)[0])]), "by a person\n");
}

#[test]
fn restoring_amid_rebase_keeps_branch_and_autostash() {
    let (_place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "base").expect("saved");
    git(&path, &["branch", "other"]);
    commit(&path, "mine\n");
    let tip = git(&path, &["rev-parse", "HEAD"]);
    git(&path, &["checkout", "--quiet", "other"]);
    commit(&path, "theirs\n");
    git(&path, &["checkout", "--quiet", "pilothouse/one"]);
    write(&path.join("dir1/file1"), "to be stashed\n");
    let words = ["-c", "user.name=T", "-c", "user.email=t@t", "rebase", "--autostash", "other"];
    let rebase = std::process::Command::new("git").arg("-C").arg(&path).args(words).output().expect("git");
    assert!(!rebase.status.success(), "it was to conflict");
    let git_dir = git(&path, &["rev-parse", "--absolute-git-dir"]);
    let stash = fs::read_to_string(Path::new(git_dir.trim()).join("rebase-merge/autostash")).expect("an autostash");
    repo.save_checkpoint(&name(&path, 1), "in the middle").expect("saved");
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    git(
        &path,
        &[
            "-c",
            "gc.pruneExpire=now",
            "-c",
            "gc.reflogExpire=now",
            "-c",
            "gc.reflogExpireUnreachable=now",
            "gc",
            "--quiet",
        ],
    );
    assert_eq!(git(&path, &["show", &format!("{}:dir0/file0", tip.trim())]), "mine\n");
    assert_eq!(git(&path, &["show", &format!("{}:dir1/file1", stash.trim())]), "to be stashed\n");
    assert!(git(&path, &["status"]).contains("nothing to commit"));
}

#[test]
fn swapped_files_and_folders_are_restored() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("deploy"), "a file\n");
    write(&path.join("data/set/x.csv"), "1,2\n");
    repo.save_checkpoint(&name(&path, 0), "before").expect("saved");
    let before = everything(&path);
    fs::remove_file(path.join("deploy")).expect("removable");
    fs::remove_dir_all(path.join("data")).expect("removable");
    write(&path.join("deploy/main.sh"), "now a folder\n");
    write(&path.join(".gitignore"), "ignored\ndata/set\n*.log\n");
    write(&path.join("data/set"), "precious and ignored\n");
    write(&path.join("deploy/run.log"), "precious log\n");
    repo.save_checkpoint(&name(&path, 1), "after").expect("saved");
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(everything(&path), before);
    let kept = overwritten(&path);
    let show = |file: &str| {
        kept.iter()
            .map(|k| {
                let out = std::process::Command::new("git")
                    .arg("-C")
                    .arg(&path)
                    .args(["show", &format!("{k}:{file}")])
                    .output()
                    .expect("git");
                String::from_utf8_lossy(&out.stdout).into_owned()
            })
            .collect::<String>()
    };
    assert_eq!((show("data/set"), show("deploy/run.log")), ("precious and ignored\n".into(), "precious log\n".into()));
    repo.restore_checkpoint(&name(&path, 1)).expect("forth");
    assert_eq!(fs::read_to_string(path.join("deploy/main.sh")).expect("text"), "now a folder\n");
}

#[test]
fn repositories_inside_stay_where_they_are() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("demo/file"), "in a repository without a commit\n");
    git(&path.join("demo"), &["init", "--quiet"]);
    repo.save_checkpoint(&name(&path, 0), "with a repository inside").expect("saved");
    write(&path.join("new"), "x\n");
    repo.save_checkpoint(&name(&path, 1), "more").expect("saved");
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert!(path.join("demo/file").exists() && !path.join("new").exists());
}

#[test]
fn what_is_the_same_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let (_place, repo, path) = with_worktree();
    write(&path.join("secret.key"), "x\n");
    fs::set_permissions(path.join("secret.key"), fs::Permissions::from_mode(0o600)).expect("ours");
    repo.save_checkpoint(&name(&path, 0), "base").expect("saved");
    write(&path.join("dir0/file0"), "changed\n");
    repo.save_checkpoint(&name(&path, 1), "more").expect("saved");
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    let mode = fs::metadata(path.join("secret.key")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn another_worktrees_branch_is_not_moved() {
    let (place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "base").expect("saved");
    commit(&path, "work\n");
    git(&path, &["checkout", "--quiet", "--detach"]);
    place.git(&["checkout", "--quiet", "pilothouse/one"]);
    let tip = place.git(&["rev-parse", "HEAD"]);
    let error = repo.restore_checkpoint(&name(&path, 0)).expect_err("it is used elsewhere");
    assert!(error.to_string().contains("is on the branch pilothouse/one"), "{error}");
    assert_eq!(place.git(&["rev-parse", "HEAD"]), tip);
}

#[test]
fn a_killed_gits_locks_are_taken_away() {
    let (place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "base").expect("saved");
    let git_dir = git(&path, &["rev-parse", "--absolute-git-dir"]);
    let git_dir = Path::new(git_dir.trim());
    let branch = place.repo().join(".git/refs/heads/pilothouse/one.lock");
    for lock in [&git_dir.join("index.lock"), &git_dir.join("HEAD.lock"), &branch] {
        fs::write(lock, "").expect("writable");
    }
    let taken = repo.release_left_locks(&path, "pilothouse/one", || false).expect("a worktree");
    assert_eq!(taken, ["index.lock", "HEAD.lock", "one.lock"]);
    repo.restore_checkpoint(&name(&path, 0)).expect("back");
    assert_eq!(repo.release_left_locks(&path, "pilothouse/one", || false).expect("a worktree"), [""; 0]);
}

/// A file system mounted at a folder, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    /// `None` where nothing can be mounted, which only root can.
    fn bind(from: &Path, at: &Path) -> Option<Self> {
        let out = std::process::Command::new("mount").arg("--bind").arg(from).arg(at).output();
        out.is_ok_and(|out| out.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _lazily = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn nothing_goes_back_over_a_mount() {
    let (place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "before").expect("saved");
    let outside = place.path().join("outside");
    write(&outside.join("theirs"), "not the run's\n");
    fs::create_dir(path.join("m")).expect("a folder");
    let Some(mounted) = Mounted::bind(&outside, &path.join("m")) else {
        println!("checkpoint: nothing can be mounted here");
        return;
    };
    // What lies there is in the present's checkpoint, and the way back would take it away.
    repo.save_checkpoint(&name(&path, 1), "with it").expect("saved");
    let refused = repo.restore_checkpoint(&name(&path, 0)).expect_err("something is mounted inside").to_string();
    assert!(refused.contains("mounted inside"), "{refused}");
    assert!(outside.join("theirs").exists() && path.join("m/theirs").exists());
    drop(mounted);
    repo.restore_checkpoint(&name(&path, 0)).expect("free to go back");
    assert!(outside.join("theirs").exists());
}
