//! A house whose repository has checks, for what `rehearsal:repairs` gets wrong at first.

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
