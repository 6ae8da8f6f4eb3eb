//! What packages are made of: a page for each command, completions, and names that fit the metadata.

use std::fs;
use std::path::Path;
use std::process::Command;

fn pilothouse(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pilothouse")).args(words).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("man");
    pilothouse(&["man", "--pages", pages.to_str().expect("text")]);
    for (name, says) in [("pilothouse", "SUBCOMMANDS"), ("pilothouse-run", "budget"), ("pilothouse-proof-verify", "")] {
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(page.contains(".TH") && page.contains(says), "{page}");
    }
    assert!(!pages.join("pilothouse-__daemon.1").exists(), "roles are no commands");
}

#[test]
fn each_shell_has_a_completion() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(pilothouse(&["completions", shell]).contains("pilothouse"), "{shell}");
    }
}

#[test]
fn package_metadata_matches_the_package_script() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("a manifest");
    let script = fs::read_to_string(root.join(".ci/package")).expect("a script");
    for made in ["package/man", "package/pilothouse.bash", "package/_pilothouse", "package/pilothouse.fish"] {
        assert!(manifest.contains(&format!("target/release/{made}")), "{made} is in no package");
        assert!(script.contains(made.trim_start_matches("package/")), "{made} is made by nobody");
    }
    // What `cargo binstall` asks for is what the script's archive is called and has in it.
    assert!(manifest.contains("pilothouse-{ version }-{ target }.tgz"));
    assert!(script.contains("pilothouse-$version-$target"));
}
