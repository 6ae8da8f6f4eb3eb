//! The runs of the demo: between them the built-in agent's fill every column and show every status there is so far, and a
//! real agent's what it does at work.

/// A run of the demo: its name, its model, which says what it plays, its task, and how it ends when nobody interferes.
pub(super) struct CastPart {
    pub(super) name: &'static str,
    pub(super) scenario: &'static str,
    pub(super) task: &'static str,
    pub(super) end: &'static str,
    /// The phases of the demo's settings that the run goes through; all of them where none is named.
    pub(super) phases: &'static [&'static str],
    /// Dollars that the run may use until a person is asked.
    pub(super) budget: Option<f64>,
    /// The run's work conflicts with that of an older run.
    pub(super) collides: bool,
}

impl CastPart {
    const fn new(name: &'static str, scenario: &'static str, task: &'static str, end: &'static str) -> Self {
        Self { name, scenario, task, end, phases: &[], budget: None, collides: false }
    }

    const fn in_one(self) -> Self {
        Self { phases: &["build"], ..self }
    }

    const fn within(self, usd: f64) -> Self {
        Self { budget: Some(usd), ..self }
    }

    const fn collides(self) -> Self {
        Self { collides: true, ..self }
    }
}

/// Runs that may be at work at once: fewer than the built-in agent has, so that some wait at first.
pub(super) const AT_ONCE: u32 = 9;

/// Runs that are played with the built-in agent. Those that need a person or are soon over come first.
pub(super) const REHEARSAL: &[CastPart] = &[
    CastPart::new("fix-login", "asks", "Reject empty passwords and publish", "ready").in_one().within(5.0),
    CastPart::new("cart-totals", "edits", "Show totals with tax in src/cart.js", "ready").in_one(),
    CastPart::new("cart-currency", "edits", "Show prices in euros in src/cart.js", "ready").in_one().collides(),
    CastPart::new("add-search", "repairs", "Add a search box to the product list", "ready").within(2.0),
    CastPart::new("port-tests", "fails", "Port the tests to the new runner", "failed").in_one(),
    CastPart::new("upgrade-deps", "limited", "Upgrade all dependencies", "ready").in_one(),
    CastPart::new("load-test", "forks", "Start ten servers and load them", "terminated").in_one(),
    CastPart::new("import-data", "slow", "Write the importer for old orders", "lost").in_one(),
    CastPart::new("count-costs", "calls", "Ask a model twelve times, and count", "ready").in_one().within(1.5),
    CastPart::new("rename-user", "slow", "Rename User to Account everywhere", "terminated"),
    CastPart::new("api-docs", "no-change", "Check that the API docs are complete", "ready").in_one(),
];

/// The path of the scripted provider that the built-in agent's runs ask.
pub(super) const CALLS: &str = "ok.demo";

/// Runs that are played with a real agent and a scripted model.
pub(super) const REAL: &[CastPart] = &[
    CastPart::new("fix-login", "commit", "Reject empty passwords and commit", "ready"),
    CastPart::new("add-search", "ok", "Add a search box to the product list", "ready"),
    CastPart::new("port-tests", "400", "Port the tests to the new runner", "failed"),
    CastPart::new("upgrade-deps", "429once", "Upgrade all dependencies", "ready"),
    CastPart::new("write-notes", "slow", "Write notes on the release", "ready"),
];

/// The run whose keeper is killed, as a crash would.
pub(super) const CRASHES: &str = "import-data";
/// The run that is terminated while its helpers try to escape.
pub(super) const TERMINATED: &str = "load-test";
/// The run that goes on longest; without a cockpit it is terminated last.
pub(super) const LONGEST: &str = "rename-user";
