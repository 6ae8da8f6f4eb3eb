//! Proof packs: written at the end of every run, computed again by a stranger, and named where they were changed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{House, git_at, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const CHECK: &str = "[check.greeting]\nrun = \"sh test.sh\"\n";

fn house(settings: &str) -> House {
    testkit::checked_house(BINARY, settings)
}

/// Where the pack of a run lies that tells all of it.
fn pack(house: &House, name: &str) -> PathBuf {
    let row = house.proven(name);
    house.folder(&row).join("proof").join(row["proof"]["k"].to_string())
}

/// A copy of a pack that may be changed.
fn copy(house: &House, name: &str, to: &str) -> PathBuf {
    let to = house.home().join(to);
    house.ok(&["proof", name, "--out", to.to_str().expect("a path")]);
    to
}

fn verify(house: &House, pack: &Path) -> (i32, String) {
    let said = house.say(&["proof", "verify", pack.to_str().expect("a path")]);
    (said.code, said.out + &said.err)
}

fn change(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).expect("a file of the pack");
    let changed = change(text.clone());
    assert_ne!(text, changed, "the change changes something");
    fs::write(path, changed).expect("written");
}

#[test]
fn a_finished_run_has_a_valid_pack() {
    let house = house(CHECK);
    house.run("mends", "repairs");
    let ready = house.wait_for("mends", "ready");
    let pack = pack(&house, "mends");
    assert_eq!(verify(&house, &pack).0, 0, "{:?}", verify(&house, &pack));
    let statement: Value =
        serde_json::from_slice(&fs::read(pack.join("statement.json")).expect("a statement")).expect("JSON");
    assert_eq!(statement["predicate"]["result"], "PASSED", "{statement:#}");
    assert_eq!(statement["predicate"]["passedTests"], serde_json::json!(["greeting"]));
    assert_eq!(statement["subject"][0]["digest"]["gitCommit"], ready["head"]);
    let patches: Vec<String> = fs::read_dir(pack.join("patches"))
        .expect("patches")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(patches.len(), 2, "one for each attempt: {patches:?}");
    let page = fs::read_to_string(pack.join("proof.html")).expect("a page");
    assert!(page.contains("Every required check passed.") && !page.contains("<script"), "{page}");
    let row = house.row("mends").expect("a row");
    assert_eq!(row["score"], row["proof"]["score"]);
    // Nothing happened since, so the same pack is given again.
    let again: Value = serde_json::from_str(&house.ok(&["proof", "mends", "--json"])).expect("JSON");
    assert_eq!((again["k"].as_u64(), again["path"].as_str()), (Some(1), pack.to_str()));
}

#[test]
fn any_change_in_a_pack_is_named() {
    let house = house(CHECK);
    house.run("mends", "repairs");
    house.wait_for("mends", "ready");
    pack(&house, "mends");
    let names = |pack: &Path| {
        let (code, said) = verify(&house, pack);
        assert_eq!(code, 1, "{said}");
        said
    };
    let flipped = copy(&house, "mends", "flipped");
    change(&flipped.join("summary.md"), |text| text.replacen("Score", "score", 1));
    let said = names(&flipped);
    assert!(said.lines().all(|line| line.starts_with("summary.md: ")), "only that is named: {said}");

    let line = |text: &str, n: usize| text.lines().nth(n).expect("a line").to_owned();
    let edited = copy(&house, "mends", "edited");
    change(&edited.join("timeline.jsonl"), |text| {
        let third = line(&text, 2);
        text.replacen(&third, &third.replacen("\"at\":\"2", "\"at\":\"3", 1), 1)
    });
    assert!(names(&edited).contains("event 3 is not the one that event 4 was written after: it was edited"));

    let removed = copy(&house, "mends", "removed");
    change(&removed.join("timeline.jsonl"), |text| text.replacen(&format!("{}\n", line(&text, 4)), "", 1));
    assert!(names(&removed).contains("event 5 missing before event 6"));

    let swapped = copy(&house, "mends", "swapped");
    change(&swapped.join("timeline.jsonl"), |text| {
        let (a, b) = (line(&text, 4), line(&text, 5));
        text.replacen(&format!("{a}\n{b}\n"), &format!("{b}\n{a}\n"), 1)
    });
    assert!(names(&swapped).contains("the order was changed"));

    let cut = copy(&house, "mends", "cut");
    change(&cut.join("timeline.jsonl"), |text| {
        text.replacen(&format!("{}\n", text.lines().last().expect("one")), "", 1)
    });
    assert!(names(&cut).contains("is stated to be the last"));

    let patched = copy(&house, "mends", "patched");
    change(&patched.join("changes.patch"), |text| text.replacen("+hello world", "+hello w0rld", 1));
    let said = names(&patched);
    assert!(said.contains("changes.patch: gives tree") || said.contains("changes.patch: does not apply"), "{said}");

    // One that was made to fit its hash is still not what the attempt did.
    let forged = copy(&house, "mends", "forged");
    let name = "patches/build.1.patch";
    change(&forged.join(name), |text| {
        assert!(text.contains("\n+h"), "{text}");
        text.replacen("\n+h", "\n+j", 1)
    });
    let sha = |pack: &Path| domain::digest::sha256_hex(&fs::read(pack.join(name)).expect("a patch"));
    let (was, is) = (sha(&pack(&house, "mends")), sha(&forged));
    change(&forged.join("statement.json"), |text| text.replacen(&was, &is, 1));
    let said = names(&forged);
    assert!(said.contains(&format!("{name}: gives tree")) && !said.contains("SHA-256"), "{said}");

    let praised = copy(&house, "mends", "praised");
    change(&praised.join("statement.json"), |text| {
        let at = text.find("\"score\": ").expect("a score");
        let end = at + text[at..].find([',', '\n']).expect("its end");
        format!("{}\"score\": 99{}", &text[..at], &text[end..])
    });
    assert!(names(&praised).contains("states a score of 99"));

    let more = copy(&house, "mends", "more");
    fs::write(more.join("extra.txt"), "x").expect("written");
    fs::remove_file(more.join("checks.xml")).expect("removed");
    let said = names(&more);
    assert!(said.contains("extra.txt: is not part of the pack") && said.contains("checks.xml: is missing"), "{said}");
}

#[test]
fn a_failed_run_has_a_pack() {
    let house = house("[check.never]\nrun = \"echo no; exit 3\"\n");
    house.run("fails", "success");
    house.wait_for("fails", "failed");
    let pack = pack(&house, "fails");
    let (code, said) = verify(&house, &pack);
    assert_eq!(code, 0, "{said}");
    let page = fs::read_to_string(pack.join("proof.html")).expect("a page");
    assert!(page.contains("The run failed.") && page.contains("never"), "{page}");
    let score: Value = serde_json::from_slice(&fs::read(pack.join("score.json")).expect("a score")).expect("JSON");
    let required = score["parts"].as_array().expect("parts").iter().find(|part| part["name"] == "required");
    assert_eq!(required.map(|part| part["value"].clone()), Some(Value::from(0)), "{score:#}");
}

#[test]
fn a_daemon_killed_proving_leaves_a_pack() {
    let house = house(CHECK);
    for name in ["one", "two", "three"] {
        house.run(name, "repairs");
        wait_until("its work to be measured", || {
            let told = house.ok(&["timeline", name, "--all"]);
            if told.contains("measure the work") || told.contains("does") && told.contains("ready") {
                Ok(())
            } else {
                Err(told)
            }
        });
        house.kill_daemon();
        house.wait_for(name, "ready");
        let pack = pack(&house, name);
        assert_eq!(verify(&house, &pack).0, 0, "{:?}", verify(&house, &pack));
        assert!(pack.ends_with("1"), "{}", pack.display());
    }
}

#[test]
fn a_secret_stands_in_no_patch() {
    let house = house(CHECK);
    let row = house.run("leaks", "repairs");
    house.wait_for("leaks", "ready");
    let row = wait_until("its worktree", || {
        let row = house.row(row["name"].as_str().expect("a name")).expect("a row");
        if row["worktree"].is_string() && row["proof"]["stale"] == false { Ok(row) } else { Err(row.to_string()) }
    });
    let tree = Path::new(row["worktree"].as_str().expect("a worktree"));
    // Made here, so that no scanner takes this file for one with secrets.
    let secret: String = "ghp_".chars().chain("a1B9c3D8e5F7g2H6j4K0mNpQrStUvWxYzAbC".chars()).collect();
    fs::write(tree.join("deploy.env"), format!("# for the deployment\nTOKEN={secret}\n")).expect("written");
    git_at(tree, &["add", "--all"]);
    git_at(tree, &["commit", "--quiet", "-m", "deploy"]);
    house.ok(&["proof", "leaks"]);
    let row = house.proven("leaks");
    let secrets = row["proof"]["parts"].as_array().expect("parts").iter().find(|part| part["name"] == "secrets");
    let secrets = secrets.expect("the part");
    assert_eq!(
        (secrets["value"].as_u64(), secrets["reason"].as_str()),
        (Some(0), Some("github-token in deploy.env:2"))
    );
    let pack = pack(&house, "leaks");
    for file in ["changes.patch", "proof.html", "summary.md", "timeline.jsonl", "score.json"] {
        assert!(!fs::read_to_string(pack.join(file)).expect("a file").contains(&secret), "{file}");
    }
    let (code, said) = verify(&house, &pack);
    assert_eq!(
        (code, said.trim()),
        (1, "changes.patch: what looks like a secret is masked in it, so it can't be tried")
    );
}

/// Runs the steps of the document against a pack; returns each step's exit code and output.
fn by_hand(house: &House, pack: &Path) -> Vec<(i32, String)> {
    let text = include_str!("../../../docs/verify-by-hand.md");
    let steps = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("its end"));
    let run = |step: &str| {
        let work = tempfile::tempdir().expect("a folder");
        let output = std::process::Command::new("bash")
            .args(["-euo", "pipefail", "-c", step])
            .env("PACK", pack)
            .env("REPO", house.repo.path())
            .env("WORK", work.path())
            .output()
            .expect("bash");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), said)
    };
    steps.map(run).collect()
}

#[test]
#[ignore = "needs jq"]
fn a_pack_is_verified_as_documented() {
    let house = house(CHECK);
    house.run("mends", "repairs");
    house.wait_for("mends", "ready");
    let pack = pack(&house, "mends");
    let whole = by_hand(&house, &pack);
    assert_eq!(whole, vec![(0, String::new()); 5]);
    let changed = |name: &str, edit: &dyn Fn(&Path)| {
        let pack = copy(&house, "mends", name);
        edit(&pack);
        by_hand(&house, &pack).iter().map(|(code, _)| *code != 0).collect::<Vec<_>>()
    };
    let flipped = changed("a", &|pack| change(&pack.join("summary.md"), |text| text.replacen("Score", "score", 1)));
    assert_eq!(flipped, [true, false, false, false, false]);
    let edited = changed("b", &|pack| {
        change(&pack.join("timeline.jsonl"), |text| text.replacen("\"at\":\"2", "\"at\":\"3", 1));
    });
    assert_eq!(edited, [true, true, false, false, false]);
    let patched = changed("c", &|pack| {
        change(&pack.join("changes.patch"), |text| text.replacen("+hello world", "+hello w0rld", 1));
    });
    assert_eq!(patched, [true, false, true, false, false]);
    let failed = changed("d", &|pack| {
        change(&pack.join("timeline.jsonl"), |text| text.replace("\"verdict\":\"pass\"", "\"verdict\":\"fail\""));
    });
    assert_eq!(failed, [true, true, false, true, false]);
    let praised = changed("e", &|pack| {
        change(&pack.join("score.json"), |text| text.replacen("\"score\": ", "\"score\": 1", 1));
    });
    assert_eq!(praised, [true, false, false, false, true]);
}

/// Has Chromium do something with a page; it may reach nothing.
fn chromium(page: &Path, words: &[&str]) {
    let profile = tempfile::tempdir().expect("a folder");
    let output = std::process::Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--window-size=1000,1700", &format!("--user-data-dir={}", profile.path().display())])
        .args(words)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

// In light, in dark and on paper.
#[test]
#[ignore = "needs Chromium"]
fn a_real_browser_shows_the_page() {
    let house = house(CHECK);
    house.run("mends", "repairs");
    house.wait_for("mends", "ready");
    let page = pack(&house, "mends").join("proof.html");
    let shown = |name: &str, more: &[&str]| {
        let to = house.home().join(name);
        let shot = format!("--screenshot={}", to.display());
        chromium(&page, &[&[shot.as_str()], more].concat());
        fs::read(to).expect("a picture")
    };
    let light = shown("light.png", &[]);
    let dark = shown("dark.png", &["--blink-settings=preferredColorScheme=0"]);
    for picture in [&light, &dark] {
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000, "something is shown: {}", picture.len());
    }
    assert_ne!(light, dark, "it goes by what the reader's screen is set to");
    let paper = house.home().join("paper.pdf");
    chromium(&page, &[&format!("--print-to-pdf={}", paper.display())]);
    assert!(fs::read(paper).expect("paper").starts_with(b"%PDF"));
}
