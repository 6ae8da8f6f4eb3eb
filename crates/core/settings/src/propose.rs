//! A repository's first `pilothouse.toml`, from what lies in it: the checks that its own tools offer.

use std::fmt::Write as _;

/// A check that fits what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    pub name: &'static str,
    pub run: String,
    pub required: bool,
    /// The file that it was found by.
    pub by: &'static str,
}

/// The settings that a repository's files suggest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    pub checks: Vec<Proposed>,
    /// Commands before the first phase.
    pub setup: Vec<String>,
    /// Folders worth copying.
    pub clone: Vec<&'static str>,
}

/// Looks at a repository's top folder through `read`, which returns a file's text if there is such a file.
pub fn propose(read: &dyn Fn(&str) -> Option<String>) -> Proposal {
    let mut found = Proposal::default();
    let there = |name: &str| read(name).is_some();
    if there("Cargo.toml") {
        found.add("test", "cargo test --workspace", true, "Cargo.toml");
        found.add("lint", "cargo clippy --workspace --all-targets -- -D warnings", false, "Cargo.toml");
        found.add("format", "cargo fmt --all --check", false, "Cargo.toml");
    }
    if let Some(text) = read("package.json") {
        node(&mut found, &text, &there);
    }
    if there("go.mod") {
        found.add("test", "go test ./...", true, "go.mod");
        found.add("lint", "go vet ./...", false, "go.mod");
    }
    let pytest = |name: &str, word: &str| read(name).is_some_and(|text| text.contains(word));
    if there("pytest.ini")
        || there("conftest.py")
        || pytest("pyproject.toml", "pytest")
        || pytest("setup.cfg", "pytest")
    {
        // What it keeps for itself would count as a change of what it checks.
        let run = "PYTHONDONTWRITEBYTECODE=1 python -m pytest -q -p no:cacheprovider";
        found.add("test", run, true, "pytest");
    }
    for (file, program) in [("justfile", "just"), ("Makefile", "make")] {
        let Some(text) = read(file) else { continue };
        for (name, required) in [("test", true), ("lint", false)] {
            let is_target = |line: &str| line.split(':').next().is_some_and(|target| target.trim_end() == name);
            if text.lines().any(|line| line.contains(':') && !line.contains(":=") && is_target(line)) {
                found.add(name, &format!("{program} {name}"), required, file);
            }
        }
    }
    found
}

/// The scripts of a package.json, by the program whose lock file lies beside it.
fn node(found: &mut Proposal, text: &str, there: &dyn Fn(&str) -> bool) {
    let (program, install) = match () {
        () if there("pnpm-lock.yaml") => ("pnpm", Some("pnpm install --frozen-lockfile")),
        () if there("yarn.lock") => ("yarn", Some("yarn install --frozen-lockfile")),
        () if there("bun.lock") || there("bun.lockb") => ("bun", Some("bun install --frozen-lockfile")),
        () if there("package-lock.json") => ("npm", Some("npm ci")),
        () => ("npm", None),
    };
    let Ok(package) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let script = |name: &str| package["scripts"][name].as_str().filter(|s| !s.contains("no test specified")).is_some();
    for (name, script_name, required) in
        [("test", "test", true), ("lint", "lint", false), ("types", "typecheck", false)]
    {
        if script(script_name) {
            found.add(name, &format!("{program} run {script_name}"), required, "package.json");
        }
    }
    found.setup.extend(install.map(str::to_owned));
    found.clone.push("node_modules");
}

impl Proposal {
    /// The first that offers a check of a name has it.
    fn add(&mut self, name: &'static str, run: &str, required: bool, by: &'static str) {
        if self.checks.iter().all(|known| known.name != name) {
            self.checks.push(Proposed { name, run: run.to_owned(), required, by });
        }
    }

    /// The file, with comments for a person who reads it for the first time.
    pub fn to_toml(&self) -> String {
        let mut toml = String::new();
        let mut put = |line: std::fmt::Arguments<'_>| writeln!(toml, "{line}").expect("writing to a string can't fail");
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        put(format_args!(
            "# What pilothouse does for everyone who works on this repository. A run goes by this file as it is in the"
        ));
        put(format_args!("# commit it begins at, so commit it; its commands run only after `pilothouse trust`."));
        put(format_args!("# Every key with its built-in value: `pilothouse doctor --settings`.\n"));
        put(format_args!("# base = \"main\"                # where runs start from; default: the branch you are on\n"));
        if self.setup.is_empty() && self.clone.is_empty() {
            put(format_args!(
                "# [environment]\n# setup = [\"make deps\"]       # run in each worktree before the first phase\n"
            ));
        } else {
            let list = |words: Vec<String>| words.join(", ");
            put(format_args!("[environment]"));
            let setup = list(self.setup.iter().map(|words| quoted(words)).collect());
            put(format_args!("setup = [{setup}]                # run in each worktree before the first phase"));
            let clone = list(self.clone.iter().map(|words| quoted(words)).collect());
            put(format_args!("# clone = [{clone}]      # or copied from your checkout, which is faster\n"));
        }
        if self.checks.is_empty() {
            put(format_args!(
                "# Nothing here says how this repository is checked. A run without checks is done when its agent says so."
            ));
            put(format_args!("# [check.test]\n# run = \"make test\"\n"));
        }
        for check in &self.checks {
            put(format_args!("# Found by {}.", check.by));
            put(format_args!("[check.{}]\nrun = {}", check.name, quoted(&check.run)));
            match check.required {
                true => put(format_args!("weight = 3\n")),
                false => put(format_args!("required = false\n")),
            }
        }
        put(format_args!(
            "# [gate]                        # what must be so for a merge\n# min_score = 0.6\n# approval = \"human\""
        ));
        toml
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::Settings;

    fn proposed(files: &[(&str, &str)]) -> Proposal {
        propose(&|name| files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned()))
    }

    fn runs(proposal: &Proposal) -> Vec<(&str, &str)> {
        proposal.checks.iter().map(|check| (check.name, check.run.as_str())).collect()
    }

    #[test]
    fn proposed_checks_fit_the_repositorys_tools() {
        let rust = proposed(&[("Cargo.toml", ""), ("Makefile", "test:\n\tcargo test\n")]);
        assert_eq!(rust.checks.iter().map(|check| check.name).collect::<Vec<_>>(), ["test", "lint", "format"]);
        assert_eq!(rust.checks[0].run, "cargo test --workspace", "the first that was found");
        let node = r#"{"scripts": {"test": "vitest", "lint": "eslint .", "typecheck": "tsc"}}"#;
        let node = proposed(&[("package.json", node), ("pnpm-lock.yaml", "")]);
        assert_eq!(
            runs(&node),
            [("test", "pnpm run test"), ("lint", "pnpm run lint"), ("types", "pnpm run typecheck")]
        );
        assert_eq!(node.setup, ["pnpm install --frozen-lockfile"]);
        let empty = r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#;
        assert_eq!(runs(&proposed(&[("package.json", empty)])), []);
        assert_eq!(runs(&proposed(&[("go.mod", "")]))[0], ("test", "go test ./..."));
        assert!(runs(&proposed(&[("pyproject.toml", "[tool.pytest.ini_options]")]))[0].1.contains("-m pytest"));
        let just = "version := \"1\"\ntest := \"no\"\nlint:\n    x\n";
        assert_eq!(runs(&proposed(&[("justfile", just)])), [("lint", "just lint")]);
        assert_eq!(proposed(&[]), Proposal::default());
    }

    #[test]
    fn a_written_proposal_reads_back() {
        let node = r#"{"scripts": {"test": "vitest \"x\""}}"#;
        for files in [&[("package.json", node), ("package-lock.json", "{}"), ("Cargo.toml", "")][..], &[]] {
            let proposal = proposed(files);
            let layer = (PathBuf::from("pilothouse.toml"), proposal.to_toml());
            let settings = Settings::from_layers(&[layer]).unwrap_or_else(|e| panic!("{e}\n{}", proposal.to_toml()));
            let names: Vec<&str> = settings.checks.keys().map(String::as_str).collect();
            let mut expected: Vec<&str> = proposal.checks.iter().map(|check| check.name).collect();
            expected.sort_unstable();
            assert_eq!(names, expected);
            assert_eq!(settings.setup.value, proposal.setup);
        }
    }
}
