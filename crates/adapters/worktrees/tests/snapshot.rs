//! A removed worktree comes back byte for byte, and every doubt leaves it where it is.

mod everything;
mod place;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use everything::everything;
use place::{Place, git, write};
use worktrees::{FoundWorktree, Removal, Removed, Repository, Restoring, WorktreeError};

struct Case {
    place: Place,
    repo: Repository,
    path: PathBuf,
}

impl Case {
    fn new() -> Self {
        let place = Place::with_commits(&[]);
        let repo = place.find();
        let path = repo.create(&place.new_worktree("one")).expect("a worktree").path;
        Self { place, repo, path }
    }

    fn snapshots(&self) -> PathBuf {
        self.place.path().join("snapshots")
    }

    fn remove(&self, only_at: Option<&str>, inside: &[&str]) -> Result<Removed, WorktreeError> {
        let snapshots = self.snapshots();
        let removal = Removal {
            run: "abc234",
            branch: "pilothouse/one",
            path: &self.path,
            name: "abc234.7",
            snapshots: &snapshots,
            only_at,
        };
        self.repo.remove(&removal, &|_| inside.iter().map(|name| (*name).to_owned()).collect())
    }

    fn restore(&self) -> Result<(), WorktreeError> {
        let folder = self.snapshots().join("abc234.7");
        self.repo.restore_snapshot(&Restoring { run: "abc234", folder: &folder, or_at: &self.path }).map(|_| ())
    }

    fn commit(&self, subject: &str) {
        git(&self.path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-m", subject]);
    }

    /// Every kind of work that a worktree can hold.
    fn fill(&self) {
        let at = |name: &str| self.path.join(name);
        write(&at("committed"), "in a commit\n");
        git(&self.path, &["add", "committed"]);
        self.commit("work");
        write(&at("staged"), "staged\n");
        git(&self.path, &["add", "staged"]);
        write(&at("staged"), "staged, then changed\n");
        write(&at("dir0/file0"), "modified\n");
        git(&self.path, &["rm", "--quiet", "--cached", "dir0/file3"]);
        git(&self.path, &["rm", "--quiet", "dir1/file1"]);
        fs::remove_file(at("dir2/file2")).expect("removable");
        write(&at("untracked dir/ü \n;$(x)"), "odd name\n");
        write(&at("ignored"), "SECRET=1\n");
        write(&at("script"), "#!/bin/sh\n");
        for (name, mode) in [("script", 0o755), ("dir0/file6", 0o600), ("dir1/file4", 0o755)] {
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).expect("ours");
        }
        std::os::unix::fs::symlink("../outside", at("link")).expect("a link");
        std::os::unix::fs::symlink("dir0", at("link to a folder")).expect("a link");
        fs::create_dir(at("empty")).expect("a folder");
        write(&at("closed/file"), "in a closed folder\n");
        fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o555)).expect("ours");
        git(&self.path, &["update-index", "--assume-unchanged", "dir0/file9"]);
        write(&at("dir0/file9"), "hidden from git\n");
        write(&at("intended"), "only intended\n");
        git(&self.path, &["add", "--intent-to-add", "intended"]);
        write(&at("nested/file"), "another repository\n");
        git(&at("nested"), &["init", "--quiet"]);
        fs::write(at("binary"), [0u8, 159, 146, 150, 13, 10]).expect("a file");
    }

    fn index(&self) -> (String, String) {
        let stages = git(&self.path, &["ls-files", "--stage", "-v"]);
        (stages, git(&self.path, &["status", "--porcelain=v2", "--branch", "--untracked-files=all"]))
    }
}

#[test]
fn everything_comes_back() {
    let case = Case::new();
    case.fill();
    let (files, index) = (everything(&case.path), case.index());
    let head = git(&case.path, &["rev-parse", "HEAD"]);
    let index_file = fs::read(case.repo.common_dir().join("worktrees/one/index")).expect("an index");

    let removed = case.remove(None, &[]).expect("removed");
    assert!(removed.branch && !case.path.exists());
    assert_eq!(removed.record.left_out, Vec::<String>::new());
    assert_eq!(case.repo.worktree_of("abc234").expect("readable"), FoundWorktree::Unknown);
    assert_eq!(case.place.git(&["branch", "--list", "pilothouse/*"]), "");
    assert!(!case.path.parent().expect("a folder").exists(), "the empty folder around it goes too");
    // What is only in the snapshot's ref survives git's own cleaning.
    case.place.git(&["-c", "gc.pruneExpire=now", "-c", "gc.reflogExpire=now", "gc", "--quiet"]);

    case.restore().expect("restored");
    let again = fs::read(case.repo.common_dir().join("worktrees/one/index")).expect("an index");
    assert_eq!(index_file, again, "the index is the same file");
    assert_eq!(everything(&case.path), files);
    assert_eq!(case.index(), index);
    assert_eq!(git(&case.path, &["rev-parse", "HEAD"]), head);
    assert_eq!(git(&case.path, &["symbolic-ref", "HEAD"]), "refs/heads/pilothouse/one\n");
    assert_eq!(git(&case.path, &["show", ":staged"]), "staged\n");
    assert!(matches!(case.repo.worktree_of("abc234").expect("readable"), FoundWorktree::There(_)));
}

#[test]
fn a_three_sided_conflict_comes_back() {
    let case = Case::new();
    let change = |text: &str| {
        write(&case.path.join("dir0/file0"), text);
        git(&case.path, &["add", "dir0/file0"]);
        case.commit("change");
    };
    git(&case.path, &["branch", "side"]);
    change("one way\n");
    git(&case.path, &["checkout", "--quiet", "side"]);
    change("another way\n");
    git(&case.path, &["checkout", "--quiet", "pilothouse/one"]);
    let merge =
        std::process::Command::new("git").arg("-C").arg(&case.path).args(["merge", "side"]).output().expect("git");
    assert!(!merge.status.success(), "it was to conflict");
    let before = (everything(&case.path), case.index(), git(&case.path, &["ls-files", "--unmerged"]));
    case.remove(None, &[]).expect("removed");
    case.place.git(&["branch", "-D", "side"]);
    case.place.git(&["-c", "gc.pruneExpire=now", "gc", "--quiet"]);
    case.restore().expect("restored");
    assert_eq!((everything(&case.path), case.index(), git(&case.path, &["ls-files", "--unmerged"])), before);
    git(&case.path, &["-c", "user.name=T", "-c", "user.email=t@t", "merge", "--abort"]);
}

#[test]
fn commits_only_in_heads_log_return() {
    let case = Case::new();
    write(&case.path.join("lost"), "thrown away by the agent\n");
    git(&case.path, &["add", "lost"]);
    case.commit("to be reset away");
    let lost = git(&case.path, &["rev-parse", "HEAD"]);
    git(&case.path, &["reset", "--quiet", "--hard", "HEAD~1"]);
    case.remove(None, &[]).expect("removed");
    case.place.git(&["-c", "gc.pruneExpire=now", "-c", "gc.reflogExpire=now", "gc", "--quiet"]);
    case.restore().expect("restored");
    assert_eq!(git(&case.path, &["show", &format!("{}:lost", lost.trim())]), "thrown away by the agent\n");
    assert!(git(&case.path, &["reflog"]).contains("to be reset away"));
}

#[test]
fn rebuildable_files_are_left_out_and_named() {
    let case = Case::new();
    write(&case.path.join(".gitignore"), "ignored\nnode_modules\n*.bin\n");
    write(&case.path.join("pkg/node_modules/x/index.js"), "fetched\n");
    write(&case.path.join("node_modules.txt"), "not that\n");
    let big = fs::File::create(case.path.join("big.bin")).expect("a file");
    big.set_len(101 << 20).expect("room");
    let removed = case.remove(None, &[]).expect("removed");
    assert_eq!(removed.record.left_out, ["big.bin", "pkg/node_modules/"]);
    case.restore().expect("restored");
    assert!(!case.path.join("pkg/node_modules").exists() && case.path.join("node_modules.txt").exists());
}

#[test]
fn doubt_is_a_refusal_and_changes_nothing() {
    let case = Case::new();
    case.fill();
    let before = (everything(&case.path), case.index());
    let base = case.place.git(&["rev-parse", "main"]);
    let busy = case.remove(None, &["vim 4711"]).expect_err("a process is inside");
    assert!(busy.to_string().contains("vim 4711"), "{busy}");
    let changed = case.remove(Some(base.trim()), &[]).expect_err("it holds work");
    assert!(matches!(changed, WorktreeError::Changed { .. }), "{changed}");
    assert_eq!((everything(&case.path), case.index()), before);
    assert!(!case.snapshots().join("abc234.7").exists());
}

#[test]
fn worktrees_of_others_are_never_removed() {
    let case = Case::new();
    let reason = "somebody else's reason";
    git(&case.path, &["worktree", "unlock", "."]);
    git(&case.path, &["worktree", "lock", "--reason", reason, "."]);
    let error = case.remove(None, &[]).expect_err("not ours");
    assert!(matches!(error, WorktreeError::Gone { .. }), "{error}");
    assert!(case.path.join("dir0/file0").exists());
    assert!(case.place.git(&["worktree", "list", "--porcelain"]).contains(reason));
}

// And a vanished worktree leaves its commits.
#[test]
fn a_moved_worktree_is_found() {
    let mut case = Case::new();
    case.fill();
    let moved = case.place.path().join("elsewhere/moved");
    fs::create_dir_all(moved.parent().expect("a folder")).expect("a folder");
    case.place.git(&[
        "worktree",
        "move",
        "--force",
        "--force",
        case.path.to_str().expect("UTF-8"),
        moved.to_str().expect("UTF-8"),
    ]);
    let files = everything(&moved);
    case.remove(None, &[]).expect("removed where it is");
    assert!(!moved.exists());
    case.restore().expect("restored");
    assert_eq!(everything(&moved), files);

    case.path = moved.clone();
    let staged = git(&moved, &["ls-files", "--stage"]);
    fs::remove_dir_all(&moved).expect("removable");
    let removed = case.remove(None, &[]).expect("what git knows of it goes");
    assert!(removed.record.vanished && removed.branch);
    case.restore().expect("restored as far as it was kept");
    assert_eq!(fs::read_to_string(moved.join("committed")).expect("text"), "in a commit\n");
    assert_eq!(git(&moved, &["ls-files", "--stage"]), staged, "what was staged is still staged");
}

/// A removal that died at each of its steps goes on, and nothing is lost.
#[test]
fn a_removal_that_died_goes_on() {
    type Step = fn(&Case);
    let steps: [(&str, Step); 5] = [
        ("while the snapshot was written", |case| {
            let part = case.snapshots().join(".writing-abc234.7");
            fs::create_dir_all(&part).expect("a folder");
            fs::write(part.join("files.tar"), "half").expect("a file");
        }),
        ("after the snapshot, before the folder moved, and the person worked on", |case| {
            case.remove(None, &[]).expect("removed");
            case.restore().expect("restored");
            write(&case.path.join("worked on"), "later work\n");
        }),
        ("after the folder moved", |case| {
            let before = everything(&case.path);
            case.remove(None, &[]).expect("removed");
            case.restore().expect("restored");
            assert_eq!(everything(&case.path), before);
            let aside = case.path.with_file_name(".pilothouse-removed-abc234.7");
            fs::rename(&case.path, aside).expect("movable");
        }),
        ("while the folder was deleted", |case| {
            case.remove(None, &[]).expect("removed");
            case.restore().expect("restored");
            let aside = case.path.with_file_name(".pilothouse-removed-abc234.7");
            fs::rename(&case.path, &aside).expect("movable");
            fs::remove_dir_all(aside.join("dir0")).expect("removable");
        }),
        ("after everything", |case| drop(case.remove(None, &[]).expect("removed"))),
    ];
    for (when, step) in steps {
        let case = Case::new();
        case.fill();
        let mut files = everything(&case.path);
        step(&case);
        if case.path.join("worked on").exists() {
            files = everything(&case.path);
        }
        case.remove(None, &[]).unwrap_or_else(|e| panic!("{when}: {e}"));
        assert!(!case.path.exists(), "{when}");
        assert!(!case.path.with_file_name(".pilothouse-removed-abc234.7").exists(), "{when}");
        case.restore().unwrap_or_else(|e| panic!("{when}: {e}"));
        assert_eq!(everything(&case.path), files, "{when}");
    }
}

#[test]
fn a_restore_is_completed_without_overwriting() {
    let case = Case::new();
    case.fill();
    let files = everything(&case.path);
    case.remove(None, &[]).expect("removed");
    write(&case.path.join("mine"), "precious\n");
    let taken = case.restore().expect_err("the place is taken");
    assert!(matches!(taken, WorktreeError::PlaceTaken(_)), "{taken}");
    fs::remove_dir_all(&case.path).expect("removable");
    case.place.git(&["branch", "pilothouse/one", "main"]);
    let moved = case.restore().expect_err("the branch is someone's");
    assert!(matches!(moved, WorktreeError::BranchMoved(_)), "{moved}");
    case.place.git(&["branch", "-D", "pilothouse/one"]);
    case.restore().expect("restored");
    write(&case.path.join("later"), "worked on\n");
    case.restore().expect("known to be complete");
    assert_eq!(fs::read_to_string(case.path.join("later")).expect("text"), "worked on\n");
    fs::remove_file(case.path.join("later")).expect("removable");
    // As if it had died half-way: some files are not there yet.
    fs::remove_file(case.repo.common_dir().join("worktrees/one/pilothouse-restored")).expect("a marker");
    fs::remove_file(case.path.join("binary")).expect("removable");
    fs::remove_file(case.path.join("dir0/file0")).expect("removable");
    case.restore().expect("completed");
    assert_eq!(everything(&case.path), files);
}

#[test]
fn merges_picks_and_squashes_alone_prove_merged() {
    let case = Case::new();
    let main = || case.place.git(&["rev-parse", "main"]).trim().to_owned();
    let head = || git(&case.path, &["rev-parse", "HEAD"]).trim().to_owned();
    let merged = || case.repo.is_merged(&head(), &main()).expect("comparable");
    assert!(merged(), "nothing was added");
    for n in 1..=2 {
        write(&case.path.join(format!("new{n}")), "work\n");
        git(&case.path, &["add", "--all"]);
        case.commit("work");
    }
    assert!(!merged(), "two commits of its own");
    case.place.git(&["merge", "--quiet", "--squash", "pilothouse/one"]);
    case.place.git(&["commit", "--quiet", "-m", "squashed"]);
    write(&case.place.repo().join("other"), "goes on\n");
    case.place.git(&["add", "--all"]);
    case.place.git(&["commit", "--quiet", "-m", "goes on"]);
    assert!(merged(), "squashed, and main went on");
    write(&case.path.join("after"), "one more\n");
    git(&case.path, &["add", "--all"]);
    case.commit("after the squash");
    assert!(!merged(), "one more commit after the squash");
    let removable = case.repo.removable(Path::new(&case.path), "main").expect("readable");
    assert_eq!((removable.unmerged, removable.uncommitted, removable.pushed), (3, 0, false));
    case.place.git(&["merge", "--quiet", "--no-edit", "pilothouse/one"]);
    assert!(merged(), "merged as it is");
}

#[test]
fn an_undeletable_rest_keeps_the_way_back() {
    if !rustix::process::getuid().is_root() {
        println!("only root can mount here");
        return;
    }
    let case = Case::new();
    case.fill();
    let mounted = case.path.join("untracked dir");
    let mount =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(&mounted).status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("nothing can be mounted here");
        return;
    }
    let refused = case.remove(None, &[]).expect_err("something is mounted inside");
    let unmounted = std::process::Command::new("umount").arg(&mounted).status().expect("umount");
    assert!(unmounted.success() && refused.to_string().contains("is mounted inside"), "{refused}");
    let files = everything(&case.path);

    // A folder that an earlier removal moved aside is taken for the worktree that it is.
    fs::rename(&case.path, case.path.with_file_name(".pilothouse-removed-abc234.3")).expect("movable");
    case.remove(None, &[]).expect("removed");
    case.restore().expect("restored");
    assert_eq!(everything(&case.path), files);
}

#[test]
fn unasked_ignored_results_are_not_released() {
    let case = Case::new();
    let base = case.place.git(&["rev-parse", "main"]);
    write(&case.repo.common_dir().join("info/exclude"), "dist/\n");
    write(&case.path.join("dist/result"), "built\n");
    let refused = case.remove(Some(base.trim()), &[]).expect_err("a result");
    assert!(refused.to_string().contains("it holds work"), "{refused}");
    fs::remove_dir_all(case.path.join("dist")).expect("removable");
    case.remove(Some(base.trim()), &[]).expect("nothing in it");
}
