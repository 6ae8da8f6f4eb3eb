//! Documents that come from code are what the code says.

use std::fs;
use std::path::Path;

fn stored(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn the_command_line_is_fully_documented() {
    assert!(stored("cli.md") == cli::doc::reference(), "docs/cli.md is out of date; `just docs` writes it anew");
}

#[test]
fn the_keys_are_documented_as_they_are() {
    assert!(stored("keys.md") == tui::reference(), "docs/keys.md is out of date; `just docs` writes it anew");
}

#[test]
fn the_agents_are_documented_as_they_are() {
    assert!(stored("agents.md") == agents::reference(), "docs/agents.md is out of date; `just docs` writes it anew");
}

#[test]
fn spending_is_documented_with_current_prices() {
    assert!(stored("spend.md") == metering::reference(), "docs/spend.md is out of date; `just docs` writes it anew");
}

#[test]
fn the_score_is_documented_by_its_rule() {
    assert!(stored("score.md") == proof::reference(), "docs/score.md is out of date; `just docs` writes it anew");
}
