//! From a task to the base: reviewed, refused while the gate is closed, merged once, whoever dies on the way.

use std::fs;

use domain::Event;
use domain::event::EffectStarted;
use domain::{Body, Timestamp};
use serde_json::Value;
use testkit::{House, git_at, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn ready(settings: &str, name: &str) -> (House, Value) {
    testkit::ready_house(BINARY, settings, name)
}

fn at(house: &House, name: &str) -> String {
    house.repo.git(&["rev-parse", name]).trim().to_owned()
}

fn worktree(row: &Value) -> &std::path::Path {
    std::path::Path::new(row["worktree"].as_str().expect("a worktree"))
}

// Where the base is checked out.
#[test]
fn approved_work_is_squashed_into_its_base() {
    let (house, row) = ready("", "greets");
    let before = at(&house, "main");
    house.refuses(&["gate", "greets"], "nobody has approved it");
    house.refuses(&["merge", "greets"], "nobody has approved it");
    house.ok(&["review", "greets", "--approve"]);
    house.ok(&["gate", "greets"]);
    fs::write(house.repo.path().join("notes.txt"), "mine, and nobody else's").expect("written");
    house.ok(&["merge", "greets"]);
    let merged = house.wait_for("greets", "merged");
    assert_eq!(house.repo.git(&["show", "main:greeting.txt"]), "hello world\n");
    assert_eq!(fs::read_to_string(house.repo.path().join("greeting.txt")).expect("checked out"), "hello world\n");
    assert_eq!(at(&house, "main^"), before, "one commit");
    assert!(house.repo.git(&["log", "-1", "--format=%B", "main"]).contains("Pilothouse-Run: "));
    assert_eq!(house.repo.git(&["status", "--porcelain"]), "?? notes.txt\n", "and nothing else changed");
    let gone = wait_until("its worktree to be let go", || {
        let row = house.row("greets").expect("a row");
        if row["removed"] == true { Ok(row) } else { Err(row.to_string()) }
    });
    assert!(!worktree(&row).exists());
    assert_eq!(gone["group"], "finished", "{merged:#}");
    house.refuses(&["merge", "greets"], "merged already");
}

/// README's first run: a repository without checks and without settings.
#[test]
fn a_run_without_checks_can_be_merged() {
    let house = House::new(BINARY, testkit::Repo::with_files(5));
    let said = house.say(&["run", "greet", "--agent", "rehearsal:success", "--name", "first"]);
    assert!(said.code == 0 && said.err.contains("no checks are defined"), "{said:?}");
    house.wait_for("first", "ready");
    house.refuses(&["gate", "first"], "nobody has approved it");
    let approved = house.ok(&["review", "first", "--approve"]);
    assert!(approved.contains("`pilothouse merge` brings it into its base"), "{approved}");
    let open = house.ok(&["gate", "first"]);
    assert!(open.contains("the gate is open; no checks are defined, so no score is asked for"), "{open}");
    house.ok(&["merge", "first"]);
    house.wait_for("first", "merged");
}

#[test]
fn an_approval_promises_no_refused_merge() {
    let (house, _) = ready("[gate]\nmin_score = 1.0\n[check.fails]\nrun = \"false\"\nrequired = false\n", "greets");
    let approved = house.ok(&["review", "greets", "--approve"]);
    assert!(approved.contains("approved") && approved.contains("and 1.00 is asked for"), "{approved}");
    assert!(!approved.contains("brings it into its base"), "{approved}");
}

#[test]
fn settings_that_are_not_committed_are_told() {
    let house = House::new(BINARY, testkit::Repo::with_files(5));
    house.repo.write("pilothouse.toml", "[check.builds]\nrun = \"true\"\n");
    let said = house.say(&["run", "greet", "--agent", "rehearsal:success", "--name", "early"]);
    assert!(
        said.code == 0 && said.err.contains("pilothouse.toml in the checkout is not the committed one"),
        "{said:?}"
    );
}

// And goes with the files that tools made in it.
#[test]
fn a_merged_worktree_stays_with_own_files() {
    for (makes, stays) in [("CACHEDIR.TAG", false), ("mine.txt", true)] {
        let check = format!("[check.builds]\nrun = \"mkdir -p target && echo x > target/{makes}\"\n");
        let (house, row) = ready(&format!("[gate]\napproval = \"none\"\n{check}"), "greets");
        house.ok(&["merge", "greets"]);
        house.wait_for("greets", "merged");
        let told = house.ok(&["timeline", "greets"]);
        assert_eq!(worktree(&row).exists(), stays, "{told}");
        let says = if stays { "it holds work" } else { "the worktree and its branch" };
        assert!(told.contains(says), "{told}");
    }
}

// And every method does as its name says.
#[test]
fn an_unchecked_out_base_moves_by_ref() {
    for (method, parents) in [("squash", 1), ("merge", 2), ("rebase", 1)] {
        let (house, row) = ready("[gate]\napproval = \"none\"\n", "greets");
        let before = at(&house, "main");
        house.repo.git(&["switch", "--quiet", "-c", "elsewhere"]);
        if method == "rebase" {
            // Something else came in meanwhile.
            let other = house.repo.git(&["commit-tree", "-p", "main", "-m", "other", "main^{tree}"]);
            house.repo.git(&["update-ref", "refs/heads/main", other.trim()]);
        }
        let before = if method == "rebase" { at(&house, "main") } else { before };
        let own: u32 =
            house.repo.git(&["rev-list", "--count", "main..pilothouse/greets"]).trim().parse().expect("a count");
        let commits = match method {
            "squash" => 1,
            "merge" => own + 1,
            _ => own,
        };
        house.ok(&["merge", "greets", "--method", method]);
        house.wait_for("greets", "merged");
        let count = house.repo.git(&["rev-list", "--count", &format!("{before}..main")]);
        assert_eq!(count.trim(), commits.to_string(), "{method}");
        let ids = house.repo.git(&["rev-list", "--parents", "-1", "main"]);
        assert_eq!(ids.split_whitespace().count() - 1, parents, "{method}");
        assert_eq!(house.repo.git(&["show", "main:greeting.txt"]), "hello world\n");
        assert!(!house.repo.path().join("greeting.txt").exists(), "what is checked out stays as it was");
        assert_eq!(row["status"], "ready");
    }
}

#[test]
fn what_was_not_proven_is_not_merged() {
    let (house, row) = ready("", "greets");
    house.ok(&["review", "greets", "--approve"]);
    house.proven("greets");
    let tree = worktree(&row);
    // Changed after the proof, and not committed.
    fs::write(tree.join("greeting.txt"), "hello mars\n").expect("written");
    house.refuses(&["merge", "greets"], "its worktree has changes that the proof does not have");
    // Committed beside pilothouse: the head is another one than that approved and proven.
    git_at(tree, &["commit", "--quiet", "--all", "-m", "sneaked in"]);
    house.refuses(&["merge", "greets"], "its branch moved since the proof");
    house.ok(&["proof", "greets"]);
    let said = house.say(&["merge", "greets"]);
    assert_eq!(said.code, 4);
    for why in ["check greeting passed on another tree", "what was approved is"] {
        assert!(said.err.contains(why), "{said:?}");
    }
    // A red check.
    assert_eq!(house.say(&["check", "greets"]).code, 1);
    house.proven("greets");
    house.refuses(&["merge", "greets"], "check greeting fail");
    house.refuses(&["merge", "greets"], "it is failed");
    assert_eq!(house.repo.git(&["log", "--format=%s", "-1", "main"]).trim(), "checks");
}

#[test]
fn a_strict_policy_wants_known_cost() {
    let (house, _) = ready("[gate]\napproval = \"none\"\ncost = \"known\"\n", "greets");
    house.refuses(&["merge", "greets"], "its cost must be known and in budget: some of it is the agent's own figure");
    house.repo.write("greeting.txt", "good evening\n");
    house.repo.git(&["add", "--all"]);
    house.repo.git(&["commit", "--quiet", "-m", "another greeting"]);
    house.refuses(&["gate", "greets"], "it conflicts with main in greeting.txt");
}

#[test]
fn changes_in_the_way_are_not_touched() {
    let (house, _) = ready("[gate]\napproval = \"none\"\n", "greets");
    let before = at(&house, "main");
    house.repo.write("greeting.txt", "mine\n");
    house.refuses(&["merge", "greets"], "are in the way");
    assert_eq!((at(&house, "main"), house.row("greets").expect("a row")["status"].clone()), (before, "ready".into()));
    assert_eq!(fs::read_to_string(house.repo.path().join("greeting.txt")).expect("a file"), "mine\n");
    fs::remove_file(house.repo.path().join("greeting.txt")).expect("removed");
    house.ok(&["merge", "greets"]);
    house.wait_for("greets", "merged");
}

// And are checked again.
#[test]
fn requested_changes_reach_the_agents_session() {
    let (house, _) = ready("", "greets");
    let asked = "say it again: greeting.txt: expected \"hello world\", found \"hello wrld\"";
    house.ok(&["review", "greets", "--changes", asked]);
    house.wait_for("greets", "ready");
    let row = house.proven("greets");
    assert_eq!((row["phase"]["attempt"].as_u64(), row["checks"][0]["verdict"].as_str()), (Some(3), Some("pass")));
    let told = house.ok(&["timeline", "greets"]);
    assert!(told.contains("changes") && told.contains("before the changes that a review asked for"), "{told}");
    let spec = fs::read_to_string(house.folder(&row).join("attempts/build.3/stdin.jsonl")).unwrap_or_default();
    let start = fs::read_to_string(house.folder(&row).join("attempts/build.3/start.json")).unwrap_or_default();
    assert!((spec + &start).contains("Your work was reviewed"), "it was told");
    house.refuses(&["merge", "greets"], "changes were asked for");
    house.refuses(&["review", "greets", "--changes", " "], "nothing says what is to be changed");
}

/// The daemon dies with the merge begun and this much of it done.
fn interrupted(world: impl Fn(&House, &Value)) -> (House, Value) {
    let (house, row) = ready("[gate]\napproval = \"none\"\n", "greets");
    let before = at(&house, "main");
    house.kill_daemon();
    world(&house, &row);
    let folder = house.folder(&row);
    let events: Vec<Event> = evidence::read(&folder).expect("a timeline");
    let id = domain::fold::all(&events).last_effect + 1;
    let head = row["head"].as_str().expect("a head").to_owned();
    let mut timeline = evidence::Timeline::open(&folder).expect("a timeline").timeline;
    let method = domain::gate::Method::Squash;
    let asked = domain::event::MergeRequested {
        method,
        head: head.clone(),
        base: before.clone(),
        by: domain::status::By::Person,
    };
    let effect =
        domain::effect::Effect::Merge { method, head, onto: "main".to_owned(), before: before.clone(), pull: Some(1) };
    let at_ = Timestamp::from_millis(1_795_189_978_668);
    timeline.append(at_, vec![(None, asked.into()), (None, EffectStarted { id, effect }.into())], None).expect("room");
    timeline.sync().expect("a disk");
    house.wait_for("greets", "merged");
    assert_eq!(at(&house, "main^"), before, "merged once");
    assert_eq!(house.repo.git(&["status", "--porcelain"]), "");
    let merges = evidence::read(&folder).expect("a timeline");
    assert_eq!(merges.iter().filter(|event| matches!(event.body, Body::RunMerged(_))).count(), 1);
    (house, row)
}

#[test]
fn an_unbegun_merge_is_done() {
    let _house = interrupted(|_, _| {});
}

#[test]
fn a_merge_with_commit_is_done_once() {
    let _house = interrupted(|house, row| {
        let made = house.repo.git(&["commit-tree", "-p", "main", "-m", "x", &format!("{}^{{tree}}", head(row))]);
        house.repo.git(&["update-ref", &marker(house, row), made.trim()]);
    });
}

#[test]
fn a_merge_that_was_done_is_found() {
    let _house = interrupted(|house, row| {
        let made = house.repo.git(&["commit-tree", "-p", "main", "-m", "x", &format!("{}^{{tree}}", head(row))]);
        house.repo.git(&["update-ref", &marker(house, row), made.trim()]);
        house.repo.git(&["merge", "--quiet", "--ff-only", made.trim()]);
    });
}

#[test]
fn later_commits_survive_a_merges_cleanup() {
    let (house, row) = interrupted(|_, row| {
        let tree = worktree(row);
        fs::write(tree.join("late.txt"), "late").expect("written");
        git_at(tree, &["add", "--all"]);
        git_at(tree, &["commit", "--quiet", "-m", "late"]);
    });
    wait_until("its removal to be refused", || {
        let told = house.ok(&["timeline", "greets"]);
        if told.contains("it holds work") { Ok(()) } else { Err(told) }
    });
    assert!(worktree(&row).join("late.txt").exists());
}

#[test]
fn git_merge_settings_change_nothing() {
    let (house, _) = ready("[gate]\napproval = \"none\"\n", "greets");
    let before = at(&house, "main");
    for (key, value) in
        [("branch.main.mergeOptions", "--squash --no-commit"), ("merge.ff", "false"), ("merge.autoStash", "true")]
    {
        house.repo.git(&["config", key, value]);
    }
    house.ok(&["merge", "greets"]);
    house.wait_for("greets", "merged");
    assert_eq!(at(&house, "main^"), before);
    assert_eq!(house.repo.git(&["show", "main:greeting.txt"]), "hello world\n");
    assert_eq!(house.repo.git(&["status", "--porcelain"]), "");
}

fn head(row: &Value) -> &str {
    row["head"].as_str().expect("a head")
}

fn marker(house: &House, row: &Value) -> String {
    format!("refs/pilothouse/{}/merging/{}/{}", row["id"].as_str().expect("an id"), head(row), at(house, "main"))
}

#[test]
fn a_killed_merge_leaves_no_halfway_base() {
    for n in 0..6 {
        let (house, _) = ready("[gate]\napproval = \"none\"\n", "greets");
        let before = at(&house, "main");
        let merging = std::thread::scope(|scope| {
            let asked = scope.spawn(|| house.say(&["merge", "greets"]));
            wait_until("it to be under way", || {
                let told = house.say(&["timeline", "greets"]).out;
                let steps = ["merge ", "merged"];
                let there = told.lines().filter(|line| steps.iter().any(|step| line.contains(step))).count();
                if there > n % 3 { Ok(()) } else { Err(told) }
            });
            house.kill_daemon();
            asked.join().expect("the face")
        });
        house.wait_for("greets", "merged");
        assert_eq!(at(&house, "main^"), before, "round {n}: merged once; the face said {merging:?}");
        assert_eq!(house.repo.git(&["status", "--porcelain"]), "", "round {n}");
    }
}
