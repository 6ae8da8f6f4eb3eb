//! One settings file as read, before it is laid over the others.

use std::collections::BTreeMap;

use domain::policy::Policy;
use serde::Deserialize;
use toml::Spanned;

use crate::phase::Phase;
use crate::{AgentSettings, SettingsError};
use crate::{budget, check, deliver, gate, provider, size, span};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) worktrees: Option<Spanned<String>>,
    pub(crate) default_agent: Option<Spanned<String>>,
    /// By the agent's name.
    pub(crate) agent: BTreeMap<String, AgentSettings>,
    /// By the provider's name.
    pub(crate) provider: BTreeMap<String, provider::ProviderTable>,
    pub(crate) budget: budget::BudgetTable,
    pub(crate) policy: Option<Spanned<String>>,
    pub(crate) base: Option<Spanned<String>>,
    pub(crate) release: Option<Spanned<String>>,
    pub(crate) freezer: Option<Spanned<String>>,
    pub(crate) limits: LimitsTable,
    pub(crate) cockpit: CockpitTable,
    pub(crate) environment: Environment,
    /// By the check's name.
    pub(crate) check: BTreeMap<String, check::CheckTable>,
    pub(crate) gate: gate::GateTable,
    pub(crate) deliver: deliver::DeliverTable,
    /// All phases of a run, in order; a layer's list replaces the one below it.
    pub(crate) phase: Option<Vec<Spanned<Phase>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsTable {
    pub(crate) running: Option<Spanned<u32>>,
    pub(crate) free_space: Option<Spanned<String>>,
    pub(crate) go_on_within: Option<Spanned<String>>,
    pub(crate) background_within: Option<Spanned<String>>,
    pub(crate) look_every: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CockpitTable {
    pub(crate) theme: Option<Spanned<String>>,
    pub(crate) mouse: Option<Spanned<bool>>,
    pub(crate) clipboard: Option<Spanned<bool>>,
    pub(crate) notify: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Environment {
    pub(crate) copy: Option<Vec<Spanned<String>>>,
    pub(crate) clone: Option<Vec<Spanned<String>>>,
    pub(crate) setup: Option<Vec<Spanned<String>>>,
    pub(crate) cache: Option<Spanned<String>>,
}

/// Ways of telling a person who looks elsewhere.
const WAYS: [&str; 3] = ["bell", "osc9", "osc777"];

impl Layer {
    /// Reads a file and checks its values.
    pub(crate) fn read(file: &str, text: &str) -> Result<Self, SettingsError> {
        let at = |byte: usize| text[..byte.min(text.len())].matches('\n').count() + 1;
        let layer: Self = toml::from_str(text).map_err(|e| SettingsError::Parse {
            file: file.to_owned(),
            line: e.span().map_or(1, |span| at(span.start)),
            why: e.message().to_owned(),
        })?;
        match layer.mistake() {
            None => Ok(layer),
            Some((byte, key, found, expected)) => {
                let (file, key) = (file.to_owned(), key.to_owned());
                Err(SettingsError::Value { file, line: at(byte), key, found, expected })
            }
        }
    }

    /// The first value that does not fit: where, which key, what was found and what is expected.
    fn mistake(&self) -> Option<(usize, String, String, &'static str)> {
        let text = |key: &str, value: &Option<Spanned<String>>, fits: fn(&str) -> bool, expected| {
            let value = value.as_ref().filter(|value| !fits(value.get_ref()))?;
            Some((value.span().start, key.to_owned(), format!("{:?}", value.get_ref()), expected))
        };
        let running = self.limits.running.as_ref().filter(|n| *n.get_ref() == 0);
        text(
            "worktrees",
            &self.worktrees,
            |t| t.contains("{name}"),
            "a path with {name} in it, so that each run has its own",
        )
        .or_else(|| text("default_agent", &self.default_agent, |t| !t.is_empty(), "NAME or NAME:MODEL"))
        .or_else(|| {
            let fits = |t: &str| Policy::parse(t).is_some();
            text("policy", &self.policy, fits, "\"ask\", \"edits\", \"all\" or \"sandboxed\"")
        })
        .or_else(|| text("base", &self.base, |t| !t.is_empty(), "a branch, a tag or a commit"))
        .or_else(|| {
            text("release", &self.release, |t| matches!(t, "unchanged" | "never"), "\"unchanged\" or \"never\"")
        })
        .or_else(|| text("freezer", &self.freezer, |t| matches!(t, "auto" | "signals"), "\"auto\" or \"signals\""))
        .or_else(|| {
            running.map(|n| {
                (n.span().start, "limits.running".to_owned(), "0".to_owned(), "at least 1 run must be able to work")
            })
        })
        .or_else(|| {
            text(
                "limits.free_space",
                &self.limits.free_space,
                |t| size::bytes(t).is_some(),
                "a size like \"500MB\" or \"2GB\"",
            )
        })
        .or_else(|| {
            text(
                "limits.go_on_within",
                &self.limits.go_on_within,
                |t| t == "never" || span::milliseconds(t).is_some(),
                "a span like \"90m\", \"6h\" or \"2d\", or \"never\"",
            )
        })
        .or_else(|| {
            let fits = |t: &str| span::milliseconds(t).is_some();
            text("limits.background_within", &self.limits.background_within, fits, "a span like \"30m\" or \"2h\"")
        })
        .or_else(|| {
            let fits = |t: &str| span::milliseconds(t).is_some_and(|ms| ms > 0);
            text("limits.look_every", &self.limits.look_every, fits, "a span like \"30s\" or \"2m\"")
        })
        .or_else(|| {
            // It becomes the name of a file.
            let fits = |name: &str| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            };
            text("cockpit.theme", &self.cockpit.theme, fits, "\"dark\", \"light\" or the name of a file in themes/")
        })
        .or_else(|| {
            let ways = self.cockpit.notify.as_ref()?;
            let wrong = ways.iter().find(|way| !WAYS.contains(&way.get_ref().as_str()))?;
            let found = format!("{:?}", wrong.get_ref());
            Some((wrong.span().start, "cockpit.notify".to_owned(), found, "some of \"bell\", \"osc9\" and \"osc777\""))
        })
        .or_else(|| {
            let inside = |path: &str| {
                let mut parts = std::path::Path::new(path).components();
                !path.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
            };
            let wrong = self.environment.clone.as_ref()?.iter().find(|path| !inside(path.get_ref()))?;
            let found = format!("{:?}", wrong.get_ref());
            Some((wrong.span().start, "environment.clone".to_owned(), found, "a folder inside of the repository"))
        })
        .or_else(|| {
            let wrong = self.environment.setup.as_ref()?.iter().find(|command| command.get_ref().trim().is_empty())?;
            Some((wrong.span().start, "environment.setup".to_owned(), "\"\"".to_owned(), "a command"))
        })
        .or_else(|| {
            let fits = |t: &str| matches!(t, "shared" | "own");
            text("environment.cache", &self.environment.cache, fits, "\"shared\" or \"own\"")
        })
        .or_else(|| self.budget.mistake())
        .or_else(|| self.gate.mistake())
        .or_else(|| self.deliver.mistake())
        .or_else(|| self.check.iter().find_map(|(name, said)| check::mistake(name, said)))
        .or_else(|| self.provider.iter().find_map(|(name, said)| said.mistake(name)))
        .or_else(|| crate::phase::mistake(self.phase.as_deref()?))
    }
}
