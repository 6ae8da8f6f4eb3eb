//! A provider's limit that ends an attempt: the run goes on by itself when it is lifted, or says why not.

use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn sessions(house: &House, name: &str) -> Vec<String> {
    let told = house.ok(&["timeline", name]);
    let named = told.lines().filter_map(|line| line.split_whitespace().skip_while(|word| *word != "session").nth(1));
    named.map(str::to_owned).collect()
}

// In its session, also with another daemon.
#[test]
fn a_run_resumes_when_its_limit_lifts() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("waits", "limit-ends");
    let limited = wait_until("the wait", || match house.row("waits") {
        Some(row) if row["reason"].as_str().is_some_and(|why| why.contains("goes on by itself")) => Ok(row),
        row => Err(format!("{row:?}")),
    });
    assert_eq!((&limited["status"], &limited["group"]), (&"limited".into(), &"working".into()), "{limited:#}");
    assert!(limited["resets_at"].is_string() && limited["pid"].is_null(), "{limited:#}");
    house.kill_daemon();
    let ready = house.wait_for("waits", "ready");
    assert_eq!(ready["phase"]["attempt"], 2, "{ready:#}");
    let named = sessions(&house, "waits");
    assert!(named.len() == 2 && named[0] == named[1], "{named:?}");
    house.assert_replayed("waits");
    house.assert_over("waits");
}

#[test]
fn a_run_forbidden_to_wait_fails() {
    let settings = "[limits]\ngo_on_within = \"never\"\n";
    let house = House::with_settings(BINARY, Repo::with_files(5), settings);
    house.run("stops", "limit-ends");
    let failed = house.wait_for("stops", "failed");
    assert_eq!(failed["reason"], "build: You have hit your limit.");
    house.ok(&["retry", "stops"]);
    house.wait_for("stops", "failed");
    house.ok(&["retry", "stops", "--resume"]);
    house.wait_for("stops", "ready");
}

#[test]
fn a_person_may_cut_a_wait_short() {
    let house = House::new(BINARY, Repo::with_files(5));
    for name in ["sooner", "ends"] {
        house.run(name, "limit-ends");
        wait_until("the wait", || match house.row(name) {
            Some(row) if row["reason"].as_str().is_some_and(|why| why.contains("goes on by itself")) => Ok(()),
            row => Err(format!("{row:?}")),
        });
        match name {
            "sooner" => house.ok(&["retry", name, "--resume"]),
            _ => house.ok(&["terminate", name]),
        };
        house.wait_for(name, if name == "sooner" { "ready" } else { "terminated" });
        house.assert_over(name);
    }
}
