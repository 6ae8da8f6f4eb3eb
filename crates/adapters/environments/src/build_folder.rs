//! Build folders that worktrees share: a test of another one's code may pass there for this one's.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Variables by which Cargo is told to build elsewhere; a check does not get them.
pub const ELSEWHERE: [&str; 3] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"];

/// The folder outside of `worktree` in which `command` would build, as far as the command itself, Cargo's settings and
/// a linked `target` tell. `home` is Cargo's own folder.
pub fn shared_build_folder(worktree: &Path, command: &str, home: Option<&Path>) -> Option<PathBuf> {
    let outside = |path: PathBuf| Some(path).filter(|path| !path.starts_with(worktree));
    if let Some(named) = named(command) {
        return outside(plain(&worktree.join(named)));
    }
    if !worktree.join("Cargo.toml").exists() {
        return None;
    }
    let folders = worktree.ancestors().map(|folder| folder.join(".cargo")).chain(home.map(Path::to_owned));
    if let Some(set) = folders.into_iter().find_map(|folder| configured(&folder)) {
        return outside(plain(&set));
    }
    // A link in its place leads to where it is really built.
    let target = worktree.join("target");
    let linked = fs::symlink_metadata(&target).is_ok_and(|meta| meta.file_type().is_symlink());
    if linked { outside(target.canonicalize().unwrap_or(target.join("..").join(".."))) } else { None }
}

/// The folder that a command names itself. What a variable holds can't be known here.
fn named(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|')).collect();
    let value = |word: &str| word.trim_matches(['"', '\'']).to_owned();
    let assigned = words.iter().find_map(|word| {
        let (name, folder) = word.split_once('=')?;
        (ELSEWHERE.contains(&name) || name == "--target-dir").then(|| value(folder))
    });
    let after = || words.windows(2).find(|pair| pair[0] == "--target-dir").map(|pair| value(pair[1]));
    assigned.or_else(after)
}

/// `build.target-dir` of the settings in `folder`; it counts from the folder above.
fn configured(folder: &Path) -> Option<PathBuf> {
    let text = ["config.toml", "config"].iter().find_map(|name| fs::read_to_string(folder.join(name)).ok())?;
    let settings: toml::Table = toml::from_str(&text).ok()?;
    let set = settings.get("build")?.get("target-dir")?.as_str()?;
    Some(folder.parent().unwrap_or(folder).join(set))
}

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outside_build_folder_is_found() {
        let temp = tempfile::tempdir().expect("a folder");
        let root = temp.path().canonicalize().expect("there");
        let (tree, home) = (root.join("tree"), root.join("home"));
        fs::create_dir_all(tree.join(".cargo")).expect("made");
        fs::create_dir_all(&home).expect("made");
        fs::write(tree.join("Cargo.toml"), "").expect("written");
        let found = |command: &str| shared_build_folder(&tree, command, Some(&home));
        assert_eq!(found("cargo test"), None);
        assert_eq!(found("cargo test --target-dir build/x"), None);
        assert_eq!(found("cargo test --target-dir /t/x"), Some("/t/x".into()));
        assert_eq!(found("A=1 CARGO_TARGET_DIR='../t' cargo test"), Some(root.join("t")));
        fs::write(home.join("config.toml"), "[build]\ntarget-dir = \"/shared\"").expect("written");
        assert_eq!(found("cargo test"), Some("/shared".into()));
        fs::write(tree.join(".cargo/config.toml"), "[build]\ntarget-dir = \"own\"").expect("written");
        assert_eq!(found("cargo test"), None, "the nearest counts");
        fs::remove_file(tree.join(".cargo/config.toml")).expect("removed");
        fs::remove_file(home.join("config.toml")).expect("removed");
        std::os::unix::fs::symlink(&home, tree.join("target")).expect("linked");
        assert_eq!(found("cargo test"), Some(home.clone()));
    }
}
