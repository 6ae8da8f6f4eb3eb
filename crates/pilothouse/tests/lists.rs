//! How runs are named and listed on the command line, and by which clock.

use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house() -> House {
    let house = House::new(BINARY, Repo::with_files(3));
    house.run("fix-the-discount", "success");
    house.wait_for("fix-the-discount", "ready");
    house.proven("fix-the-discount");
    house
}

#[test]
fn a_run_is_found_by_name_prefix() {
    let house = house();
    assert!(house.ok(&["show", "fix-the"]).contains("fix-the-discount"));
    let said = house.say(&["show", "fix-the-discuont"]);
    assert!(said.code != 0 && said.err.contains("did you mean fix-the-discount?"), "{said:?}");
    let said = house.say(&["show", "zebra"]);
    assert!(said.err.contains("there is no run") && !said.err.contains("did you mean"), "{said:?}");
    house.run("fix-the-docs", "success");
    house.wait_for("fix-the-docs", "ready");
    let said = house.say(&["show", "fix-the-d"]);
    assert!(said.err.contains("may mean") && said.err.contains("fix-the-docs"), "{said:?}");
}

#[test]
fn all_runs_are_listed_with_their_repository() {
    let house = house();
    house.ok(&["dismiss", "fix-the-discount"]);
    let all = house.ok(&["ls", "--all"]);
    let name = house.repo.path().file_name().map(|name| name.to_string_lossy().into_owned()).expect("a name");
    assert!(all.contains("REPOSITORY") && all.contains(&name) && all.contains("ready, dismissed"), "{all}");
}

#[test]
fn a_timeline_says_what_the_run_did() {
    let house = house();
    let told = house.ok(&["timeline", "fix-the-discount"]);
    assert!(!told.contains("  does ") && !told.contains("  did ") && told.contains("  ready "), "{told}");
    let all = house.ok(&["timeline", "fix-the-discount", "--all"]);
    assert!(all.contains("  does ") && all.contains("  did "), "{all}");
}

#[test]
fn a_person_reads_their_own_clock() {
    let house = house();
    let at = |zone: &str| {
        let mut show = house.command(&["show", "fix-the-discount"]);
        let said = show.env("TZ", zone).output().expect("it runs");
        let said = String::from_utf8(said.stdout).expect("text");
        let created = said.lines().find_map(|line| line.strip_prefix("created")).expect("a line").trim().to_owned();
        assert!(!created.contains('Z'), "{said}");
        created
    };
    let minutes = |text: &str| text.rsplit(' ').next().map(|time| time[3..].to_owned());
    let (here, there) = (at("UTC"), at("Asia/Tokyo"));
    assert_ne!(here, there);
    assert_eq!(minutes(&here), minutes(&there));
}
