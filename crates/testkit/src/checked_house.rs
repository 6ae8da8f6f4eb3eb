//! A house whose repository has checks, for what `rehearsal:repairs` gets wrong at first.

use serde_json::Value;

use crate::{House, Repo};

/// `test.sh` of the repository: tells what is expected of the file that `rehearsal:repairs` gets wrong at first.
const TEST: &str = "#!/bin/sh\nwant='hello world' have=$(cat greeting.txt)\n[ \"$have\" = \"$want\" ] && exit 0\n\
                    echo \"greeting.txt: expected \\\"$want\\\", found \\\"$have\\\"\"\nexit 1\n";

/// A house whose repository has these settings, trusted. `binary` is pilothouse.
pub fn checked_house(binary: &str, settings: &str) -> House {
    let house = House::new(binary, Repo::with_files(5));
    house.repo.write("pilothouse.toml", settings);
    house.repo.write("test.sh", TEST);
    house.repo.write(".gitignore", "target\n*.xml\nbuilt\n");
    house.repo.git(&["add", "--all"]);
    house.repo.git(&["commit", "--quiet", "-m", "checks"]);
    house.ok(&["trust", "--yes"]);
    house
}

/// As [`checked_house`], with worktrees that are looked at every second.
pub fn watched_house(binary: &str, settings: &str) -> House {
    let house = checked_house(binary, settings);
    std::fs::write(house.home().join("config.toml"), "[limits]\nlook_every = \"1s\"\n").expect("a settings file");
    house.ok(&["daemon", "stop"]);
    house
}

/// As [`checked_house`] with its test as a check, and a run of this name that mended what that found, ready, proven and
/// delivered; with its row.
pub fn ready_house(binary: &str, settings: &str, name: &str) -> (House, Value) {
    let house = checked_house(binary, &format!("[check.greeting]\nrun = \"sh test.sh\"\n{settings}"));
    house.run(name, "repairs");
    house.wait_for(name, "ready");
    let row = house.proven(name);
    (house, row)
}
