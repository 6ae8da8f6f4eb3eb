//! A proof that could not be written is tried again, by the next daemon too.

use std::fs;

use testkit::{House, Repo, wait_until};

#[test]
fn an_unwritten_proof_is_retried_unasked() {
    let house = House::new(env!("CARGO_BIN_EXE_pilothouse"), Repo::with_files(5));
    house.run("stuck", "asks");
    let row = house.wait_for("stuck", "waiting");
    // No pack can be put where a file is.
    let packs = house.home().join("runs").join(row["id"].as_str().expect("an id")).join("proof");
    fs::write(&packs, "").expect("written");
    house.ok(&["send", "stuck", "--allow"]);
    let told = wait_until("a proof that fails", || {
        let row = house.row("stuck").ok_or("no row")?;
        let why = row["reason"].as_str().unwrap_or_default().to_owned();
        if why.contains("its proof could not be written") { Ok(why) } else { Err(why) }
    });
    assert!(told.contains("waits for review") && told.contains("tried again by itself"), "{told}");
    house.kill_daemon();
    fs::remove_file(&packs).expect("there");
    let proven = wait_until("its pack", || {
        let row = house.row("stuck").ok_or("no row")?;
        if row["proof"]["k"] == 1 { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert_eq!(proven["reason"], "waits for review");
    house.assert_replayed("stuck");
}
