//! The runs of the demo: between them the built-in agent's show every status there is so far, and a real agent's what it
//! does at work.

/// One run: its name, its model, which says what it plays, its task, and how it ends when nobody interferes.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) scenario: &'static str,
    pub(super) task: &'static str,
    pub(super) end: &'static str,
}

/// More runs than may be at work at once, so that some wait at first.
pub(super) const AT_ONCE: u32 = 6;

/// What is played with the built-in agent.
pub(super) const REHEARSAL: &[Part] = &[
    Part { name: "fix-login", scenario: "asks", task: "Reject empty passwords and publish", end: "ready" },
    Part { name: "add-search", scenario: "success", task: "Add a search box to the product list", end: "ready" },
    Part { name: "port-tests", scenario: "fails", task: "Port the tests to the new runner", end: "failed" },
    Part { name: "upgrade-deps", scenario: "limited", task: "Upgrade all dependencies", end: "ready" },
    Part { name: "api-docs", scenario: "no-change", task: "Check that the API docs are complete", end: "ready" },
    Part { name: "rename-user", scenario: "slow", task: "Rename User to Account everywhere", end: "terminated" },
    Part { name: "import-data", scenario: "slow", task: "Write the importer for old orders", end: "lost" },
    Part { name: "count-costs", scenario: "calls", task: "Ask a model twelve times, and count", end: "ready" },
    Part { name: "load-test", scenario: "forks", task: "Start ten servers and load them", end: "terminated" },
];

/// The path of the scripted provider that the run asks which makes calls.
pub(super) const CALLS: &str = "ok.demo";

/// What is played with a real agent and a scripted model.
pub(super) const REAL: &[Part] = &[
    Part { name: "fix-login", scenario: "commit", task: "Reject empty passwords and commit", end: "ready" },
    Part { name: "add-search", scenario: "ok", task: "Add a search box to the product list", end: "ready" },
    Part { name: "port-tests", scenario: "400", task: "Port the tests to the new runner", end: "failed" },
    Part { name: "upgrade-deps", scenario: "429once", task: "Upgrade all dependencies", end: "ready" },
    Part { name: "write-notes", scenario: "slow", task: "Write notes on the release", end: "ready" },
];

/// The run whose keeper is killed, as a crash would.
pub(super) const CRASHES: &str = "import-data";
/// The run that is terminated while its helpers try to escape.
pub(super) const TERMINATED: &str = "load-test";
/// The run that goes on longest; without a cockpit it is terminated last.
pub(super) const LONGEST: &str = "rename-user";
