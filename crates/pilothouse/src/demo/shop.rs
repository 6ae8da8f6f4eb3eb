//! The demo's repository, a small shop, and the settings its runs go by.

use super::cast;

/// Enough files to look real, with a test that finds what `rehearsal:repairs` gets wrong at first.
pub(super) fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("README.md".to_owned(), "# shop\n\nA small shop to rehearse on.\n".to_owned()),
        (".gitignore".to_owned(), "node_modules\n.env\n".to_owned()),
        ("test/run.sh".to_owned(), TEST.to_owned()),
    ];
    for name in ["cart", "login", "orders", "products", "search", "user"] {
        files.push((format!("src/{name}.js"), format!("export function {name}() {{\n  return '{name}';\n}}\n")));
        files.push((format!("test/{name}.test.js"), format!("import {{ {name} }} from '../src/{name}.js';\n")));
    }
    files
}

const TEST: &str = "#!/bin/sh\n# The shop greets as it should, where it greets at all.\n[ -e greeting.txt ] || exit 0\n\
                    want='hello world' have=$(cat greeting.txt)\n[ \"$have\" = \"$want\" ] && exit 0\n\
                    echo \"greeting.txt: expected \\\"$want\\\", found \\\"$have\\\"\"\nexit 1\n";

/// Returns the limits in the settings of every demo.
pub(super) fn limits() -> String {
    format!("[limits]\nrunning = {}\nlook_every = \"1s\"\n", cast::AT_ONCE)
}

/// Phases, a check, and a model at this address for the built-in agent, which really asks it whenever it thinks. A limit of
/// its provider's lasts so many seconds.
pub(super) fn rehearsed(upstream: &str, key: &std::path::Path, limited: u32) -> String {
    format!(
        "[[phase]]\nname = \"plan\"\nagent = \"rehearsal:no-change\"\nprompt = \"Look at what is there: {{task}}\"\n\
         [[phase]]\nname = \"build\"\n[[phase]]\nname = \"verify\"\nchecks = [\"test\"]\n\
         [check.test]\nrun = \"sh test/run.sh\"\n\
         [agent.rehearsal]\ngateway = true\nenv = {{ REHEARSAL_THINKS = \"asks\", REHEARSAL_LIMITED = \"{limited}\" }}\n\
         [provider.anthropic]\nupstream = {upstream:?}\nkey_file = {key:?}\n"
    )
}
