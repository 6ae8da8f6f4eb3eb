//! Whether work that is not committed comes together, held against git merge-tree on the same work when it is.

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use place::{Place, git, write};
use worktrees::{Created, NewWorktree, Repository};

/// Two worktrees of one repository that has something of each kind.
struct Two {
    place: Place,
    repo: Repository,
    trees: [PathBuf; 2],
    base: String,
}

impl Two {
    fn new(options: &[&str]) -> Self {
        let place = Place::with_commits(options);
        place.write("src/long.rs", &(0..40).map(|n| format!("line {n}\n")).collect::<String>());
        place.write("tool.sh", "echo\n");
        fs::write(place.repo().join("logo.bin"), [0, 1, 2, 3, 0]).expect("written");
        symlink("tool.sh", place.repo().join("link")).expect("linked");
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "-m", "of each kind"]);
        let repo = place.find();
        let base = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let tree = |name: &str| {
            let new = NewWorktree { run: format!("run{name}"), ..place.new_worktree(name) };
            let made: Created = repo.create(&new).expect("a worktree");
            made.path
        };
        let trees = [tree("a"), tree("b")];
        Self { trees, repo, base, place }
    }

    /// Returns the conflicts that the radar finds between the uncommitted works, and whether these touch common paths.
    fn radar(&self) -> (BTreeSet<String>, bool) {
        let folder = self.place.path().join("radar");
        let radar = self.repo.radar(&folder).expect("a radar");
        let [a, b] = [0, 1].map(|n| radar.work(&self.trees[n], &self.base).expect("work"));
        let found = radar.conflicts(&a.commit, &b.commit).expect("it is looked at");
        (found.into_iter().collect(), a.meets(&b))
    }

    /// Returns the conflicts that git finds once all of the work is committed.
    fn git(&self) -> BTreeSet<String> {
        for tree in &self.trees {
            git(tree, &["add", "--all"]);
            git(tree, &["commit", "--quiet", "--allow-empty", "-m", "work"]);
        }
        let words =
            ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", "pilothouse/a", "pilothouse/b"];
        let output = Command::new("git").arg("-C").arg(self.place.repo()).args(words).output().expect("git");
        let said = output.stdout.split(|b| *b == 0).skip(1).filter(|name| !name.is_empty());
        // Not the list but the exit code says whether they fit.
        let fit = output.status.code() == Some(0);
        let plain = |name: &str| name.trim_end_matches("~pilothouse_a").trim_end_matches("~pilothouse_b").to_owned();
        let named: BTreeSet<String> = said.map(|name| plain(&String::from_utf8_lossy(name))).collect();
        match (fit, named.is_empty()) {
            (true, _) => BTreeSet::new(),
            (false, true) => BTreeSet::from(["(folders that were moved)".to_owned()]),
            (false, false) => named,
        }
    }

    fn objects(&self) -> BTreeSet<String> {
        let all = self.place.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
        all.lines().map(str::to_owned).collect()
    }
}

fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains(from), "{from} in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

type Change = fn(&Path);

/// Changes of the two worktrees, with a name and whether they conflict.
const CASES: &[(&str, bool, Change, Change)] = &[
    (
        "the same line",
        true,
        |a| change(&a.join("src/long.rs"), "line 7\n", "one\n"),
        |b| {
            change(&b.join("src/long.rs"), "line 7\n", "two\n");
        },
    ),
    (
        "lines far apart",
        false,
        |a| change(&a.join("src/long.rs"), "line 2\n", "one\n"),
        |b| {
            change(&b.join("src/long.rs"), "line 33\n", "two\n");
        },
    ),
    (
        "the same change",
        false,
        |a| change(&a.join("src/long.rs"), "line 7\n", "one\n"),
        |b| {
            change(&b.join("src/long.rs"), "line 7\n", "one\n");
        },
    ),
    ("a new file of one name", true, |a| write(&a.join("new"), "one\n"), |b| write(&b.join("new"), "two\n")),
    (
        "changed and deleted",
        true,
        |a| change(&a.join("src/long.rs"), "line 7\n", "one\n"),
        |b| {
            fs::remove_file(b.join("src/long.rs")).expect("gone");
        },
    ),
    (
        "renamed here, changed there",
        false,
        |a| fs::rename(a.join("src/long.rs"), a.join("src/other.rs")).expect("moved"),
        |b| change(&b.join("src/long.rs"), "line 7\n", "two\n"),
    ),
    (
        "renamed to two names",
        true,
        |a| fs::rename(a.join("src/long.rs"), a.join("src/one.rs")).expect("moved"),
        |b| fs::rename(b.join("src/long.rs"), b.join("src/two.rs")).expect("moved"),
    ),
    (
        "another mode here, other lines there",
        false,
        |a| fs::set_permissions(a.join("tool.sh"), fs::Permissions::from_mode(0o755)).expect("set"),
        |b| change(&b.join("tool.sh"), "echo", "echo two"),
    ),
    (
        "a binary",
        true,
        |a| fs::write(a.join("logo.bin"), [0, 9, 0]).expect("written"),
        |b| {
            fs::write(b.join("logo.bin"), [0, 8, 0]).expect("written");
        },
    ),
    (
        "a file where the other has a folder",
        true,
        |a| write(&a.join("thing"), "one\n"),
        |b| {
            write(&b.join("thing/inside"), "two\n");
        },
    ),
    (
        "a link and a file",
        true,
        |a| {
            fs::remove_file(a.join("link")).expect("gone");
            symlink("src/long.rs", a.join("link")).expect("linked");
        },
        |b| {
            fs::remove_file(b.join("link")).expect("gone");
            write(&b.join("link"), "no link\n");
        },
    ),
    (
        "a folder moved here, a file added there",
        true,
        |a| {
            fs::rename(a.join("dir0"), a.join("moved")).expect("moved");
        },
        |b| write(&b.join("dir0/later"), "two\n"),
    ),
    (
        "a folder moved to two others, a file added there",
        true,
        |a| {
            for (name, to) in [("file0", "x"), ("file3", "x"), ("file6", "y"), ("file9", "y")] {
                write(&a.join(to).join(name), &fs::read_to_string(a.join("dir0").join(name)).expect("a file"));
            }
            for n in (0..30).step_by(3) {
                fs::remove_file(a.join(format!("dir0/file{n}"))).expect("gone");
            }
        },
        |b| write(&b.join("dir0/later"), "two\n"),
    ),
    ("two folders", false, |a| write(&a.join("dir0/x"), "one\n"), |b| write(&b.join("dir1/x"), "two\n")),
];

#[test]
fn the_radar_predicts_gits_conflicts() {
    for (name, collide, one, other) in CASES {
        let two = Two::new(&[]);
        one(&two.trees[0]);
        other(&two.trees[1]);
        let before = (two.objects(), two.trees.each_ref().map(|tree| git(tree, &["status", "--porcelain"])));
        let (found, meets) = two.radar();
        let after = (two.objects(), two.trees.each_ref().map(|tree| git(tree, &["status", "--porcelain"])));
        assert_eq!(after, before, "{name}: nothing is written to the repository, no index is touched");
        let git = two.git();
        assert_eq!(found, git, "{name}");
        let ids = two.trees.each_ref().map(|tree| two.repo.head(tree).expect("a head"));
        let gate: BTreeSet<String> = two.repo.conflicts(&ids[0], &ids[1]).expect("tried").into_iter().collect();
        assert_eq!(gate, git, "{name}: the gate finds the same");
        assert_eq!(!git.is_empty(), *collide, "{name}: {git:?}");
        assert!(meets || git.is_empty(), "{name}: what collides must be looked at");
    }
}

#[test]
fn a_submodule_at_two_commits_collides() {
    let two = Two::new(&[]);
    let inner = Place::with_commits(&[]);
    let inner_path = inner.repo();
    let inner_path = inner_path.to_str().expect("text");
    for (n, tree) in two.trees.iter().enumerate() {
        git(tree, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner_path, "sub"]);
        let sub = tree.join("sub");
        git(
            &sub,
            &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", &n.to_string()],
        );
    }
    let (found, meets) = two.radar();
    assert!(meets);
    assert_eq!(found, two.git());
    assert!(found.contains("sub"), "{found:?}");
}

// Large new files are left out.
#[test]
fn the_radar_reads_reftable_repositories() {
    let two = Two::new(&["--ref-format=reftable"]);
    for (tree, text) in two.trees.iter().zip(["one", "two"]) {
        write(&tree.join("same"), text);
        let large = fs::File::create(tree.join("large")).expect("made");
        large.set_len(17 << 20).expect("made long");
    }
    let (found, _) = two.radar();
    assert_eq!(found, BTreeSet::from(["same".to_owned()]));
    let objects = worktrees::disk(&two.place.path().join("radar")).expect("measured");
    assert!(objects.bytes < 1 << 20, "{}", objects.bytes);
}

#[test]
fn work_hidden_from_git_is_seen() {
    let two = Two::new(&[]);
    for (tree, text) in two.trees.iter().zip(["one\n", "two\n"]) {
        change(&tree.join("src/long.rs"), "line 7\n", text);
        git(tree, &["update-index", "--assume-unchanged", "src/long.rs"]);
    }
    assert_eq!(two.radar().0, BTreeSet::from(["src/long.rs".to_owned()]));
}
