//! Where a repository's own file may put worktrees: beside or in the repository, and nowhere that means something to others.

use std::fs;
use std::path::{Component, Path};

use protocol::{Code, Refused};
use settings::Settings;

use crate::settings_of::resolved;

/// Checks the place that the settings choose for worktrees. In a person's own file, `config`, it is theirs to choose.
///
/// # Errors
/// Where a repository's file chooses a place that it has no business in.
pub(crate) fn check(settings: &Settings, config: &Path, main: &Path, repo: &str) -> Result<(), Refused> {
    let Some(file) = settings.worktrees.origin.as_deref().filter(|origin| *origin != config) else { return Ok(()) };
    let refuse = |why: &str| {
        let reason = format!(
            "{}: worktrees = {:?}: {why}; a repository's file may only choose a folder of its own below {}, so say it in \
             your own {}",
            file.display(),
            settings.worktrees.value,
            main.parent().unwrap_or(main).display(),
            config.display()
        );
        Err(Refused { code: Code::Refused, reason })
    };
    let path = resolved(&settings.worktree_path(main, repo, "name"));
    let hidden = |path: &Path| {
        path.components().any(|part| matches!(part, Component::Normal(n) if n.as_encoded_bytes()[0] == b'.'))
    };
    if let Ok(inside) = path.strip_prefix(main) {
        let of_git = inside.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
        return if of_git { refuse("that is git's own folder") } else { Ok(()) };
    }
    let parent = main.parent().unwrap_or(main);
    match path.strip_prefix(parent) {
        Ok(below) if hidden(below) => refuse("that is a hidden folder"),
        Ok(below) => {
            let first = below.components().next().map(|part| parent.join(part));
            match first.filter(|first| *first != path && !holds_worktrees_alone(first)) {
                Some(_) => refuse("that folder holds something else"),
                None => Ok(()),
            }
        }
        Err(_) => refuse("that is not below the folder that the repository lies in"),
    }
}

/// Whether a folder is not there yet, or everything in it is a worktree or on its way to be one or to be gone.
fn holds_worktrees_alone(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return fs::symlink_metadata(folder).is_err() };
    entries.flatten().all(|entry| {
        let is_empty = || fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none());
        let aside = entry.file_name().as_encoded_bytes().starts_with(b".pilothouse-");
        entry.path().join(".git").is_file() || aside || is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(pattern: &str, origin: &str, main: &Path) -> Result<(), String> {
        let text = format!("worktrees = {pattern:?}");
        let settings = Settings::from_layers(&[(origin.into(), text)]).expect("settings");
        check(&settings, Path::new("/config.toml"), main, "shop").map_err(|refused| refused.reason)
    }

    #[test]
    fn a_repository_chooses_only_its_own_folders() {
        let place = tempfile::tempdir().expect("a folder");
        let parent = place.path().canonicalize().expect("there");
        let main = parent.join("shop");
        fs::create_dir_all(main.join(".git")).expect("a folder");
        fs::create_dir_all(parent.join("userhome/bin")).expect("a folder");
        fs::write(parent.join("userhome/bin/tool"), "").expect("a file");
        fs::create_dir_all(parent.join("trees/one")).expect("a folder");
        fs::write(parent.join("trees/one/.git"), "gitdir: x\n").expect("a file");
        std::os::unix::fs::symlink("/usr", parent.join("link")).expect("a link");
        let theirs = |pattern: &str| checked(pattern, "1234567:pilothouse.toml", &main);
        for good in
            ["../{repo}.worktrees/{name}", "../trees/{name}", "../new/{name}", ".worktrees/{name}", "../shop-{name}"]
        {
            assert_eq!(theirs(good), Ok(()), "{good}");
        }
        for bad in [
            "../userhome/.vim/plugin/{name}",
            "../userhome/{name}",
            "../.ssh/{name}",
            "../../{name}",
            "/tmp/{name}",
            ".git/hooks/{name}",
            "../link/{name}",
            "../new/.config/{name}",
        ] {
            let why = theirs(bad).expect_err(bad);
            assert!(why.contains("pilothouse.toml") && why.contains("/config.toml"), "{why}");
            assert_eq!(checked(bad, "/config.toml", &main), Ok(()), "a person chooses what they like: {bad}");
        }
    }
}
