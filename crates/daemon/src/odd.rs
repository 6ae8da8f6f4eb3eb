//! Names what does not belong into the state folder once in the log. Nothing of it is opened, changed or followed.

use std::fs::{self, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Most things that are named one by one.
const MOST: usize = 20;

/// Names what is neither the folder nor the plain file that should be in its place.
pub(crate) fn name_all(home: &Path) {
    let found = find(home);
    for (path, what) in found.iter().take(MOST) {
        tracing::warn!(path, "{what} where none should be; it is left alone");
    }
    if found.len() > MOST {
        tracing::warn!(more = found.len() - MOST, "more such things are in the state folder");
    }
}

fn find(home: &Path) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for name in ["runs", "snapshots", "forge", "gateway", "radar"] {
        look(&home.join(name), FileType::is_dir, &mut found);
    }
    for name in ["trust.json", "daemon.json", "daemon.lock", "daemon.log", "gateway.log"] {
        look(&home.join(name), FileType::is_file, &mut found);
    }
    for name in ["runs", "snapshots"] {
        below(&home.join(name), FileType::is_dir, &mut found);
    }
    let forges = fs::read_dir(home.join("forge/local")).into_iter().flatten().flatten();
    for repository in forges {
        look(&repository.path(), FileType::is_dir, &mut found);
        below(&repository.path(), FileType::is_file, &mut found);
    }
    found
}

fn below(folder: &Path, is: fn(&FileType) -> bool, found: &mut Vec<(String, &'static str)>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        look(&entry.path(), is, found);
    }
}

fn look(path: &Path, is: fn(&FileType) -> bool, found: &mut Vec<(String, &'static str)>) {
    let Ok(kind) = fs::symlink_metadata(path).map(|meta| meta.file_type()) else { return };
    if is(&kind) {
        return;
    }
    let what = match () {
        () if kind.is_symlink() => "a link",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () if kind.is_dir() => "a folder",
        () if kind.is_file() => "a file",
        () => "a device",
    };
    found.push((path.display().to_string(), what));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_is_odd_is_named() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        for folder in ["runs/abc234", "snapshots/abc234.1", "forge/local/shop-1"] {
            fs::create_dir_all(at(folder)).expect("a folder");
        }
        for file in ["trust.json", "forge/local/shop-1/1.json"] {
            fs::write(at(file), "{}").expect("a file");
        }
        assert_eq!(find(temp.path()), Vec::new());
        fs::write(at("runs/abd234"), "").expect("a file");
        symlink(at("snapshots/loop"), at("snapshots/loop")).expect("a link to itself");
        fs::create_dir(at("daemon.log")).expect("a folder");
        let mut found: Vec<&str> = find(temp.path()).into_iter().map(|(_, what)| what).collect();
        found.sort_unstable();
        assert_eq!(found, ["a file", "a folder", "a link"]);
    }
}
