//! Says which commit this was built from, where that is known: from the package's own record, else from git.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> std::io::Result<()> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let record = folder.join(".cargo_vcs_info.json");
    let commit = of_record(&record).or_else(|| of_git(&folder)).unwrap_or_default();
    let mut out = std::io::stdout();
    writeln!(out, "cargo::rustc-env=PILOTHOUSE_COMMIT={commit}")?;
    let note = if commit.is_empty() { String::new() } else { format!(" ({commit})") };
    writeln!(out, "cargo::rustc-env=PILOTHOUSE_COMMIT_NOTE={note}")?;
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    // Every move of HEAD is written there. A file that is missing would have this run again each time.
    let log = git(&folder, &["rev-parse", "--git-path", "logs/HEAD"]).map(|log| folder.join(log));
    for file in [Some(record), log].into_iter().flatten().filter(|file| file.exists()) {
        writeln!(out, "cargo::rerun-if-changed={}", file.display())?;
    }
    Ok(())
}

/// Reads the commit that `cargo package` recorded.
fn of_record(record: &Path) -> Option<String> {
    let text = std::fs::read_to_string(record).ok()?;
    let id = text.split("\"sha1\"").nth(1)?.split('"').nth(1)?;
    id.get(..9).map(str::to_owned)
}

/// The commit that is checked out, where this very file is part of it: a copy inside another repository is not.
fn of_git(folder: &Path) -> Option<String> {
    git(folder, &["ls-files", "--error-unmatch", "build.rs"])?;
    git(folder, &["rev-parse", "--short=9", "HEAD"])
}

/// Returns what a command of git prints; nothing where there is no git or no repository.
fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(words);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        git.env_remove(variable);
    }
    let said = git.output().ok().filter(|said| said.status.success())?;
    let line = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (!line.is_empty()).then_some(line)
}
