//! The demo with each real agent: five runs, no key, and nothing is left of it.

use crate::office::{BINARY, cli};

fn the_demo_shows(agent: &str) {
    let temp = tempfile::tempdir().expect("a folder");
    let bin = cli(agent).parent().expect("its folder").to_owned();
    let path = std::env::join_paths(
        std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))),
    );
    let output = std::process::Command::new(BINARY)
        .args(["demo", "--headless", "--agent", agent])
        .env("PATH", path.expect("a PATH"))
        .env("TMPDIR", temp.path())
        .env("HOME", temp.path())
        .env_remove("PILOTHOUSE_HOME")
        .output()
        .expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 6, "a line per run under a heading: {said}");
    let left: Vec<_> = std::fs::read_dir(temp.path()).expect("readable").flatten().map(|e| e.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

macro_rules! demos {
    ($($name:ident: $agent:literal),* $(,)?) => {
        $(
            #[test]
            #[ignore = "needs the CLIs of `just agents-install`"]
            fn $name() {
                the_demo_shows($agent);
            }
        )*
    };
}

demos! {
    claude: "claude",
    codex: "codex",
    gemini: "gemini",
    opencode: "opencode",
    claude_agent_acp: "claude-agent-acp",
    aider: "aider",
}
