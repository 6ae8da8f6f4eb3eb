//! Settings in layers: built in, the user's file, the repository's file; each value knows where it came from.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod budget;
mod check;
mod deliver;
mod gate;
mod layer;
mod origins;
pub mod phase;
mod propose;
mod provider;
pub mod size;
pub mod span;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::budget::Budget;
use domain::check::CheckSpec;
use domain::gate::GateSpec;
use domain::policy::Policy;
use domain::pull_request::DeliverSpec;
use toml::Spanned;

use layer::Layer;
pub use phase::Phase;
pub use propose::{Proposal, Proposed, propose};
pub use provider::{Key, Provider};

/// The built-in layer, which sets every key.
const DEFAULTS: &str = include_str!("defaults.toml");

/// The settings that are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Template of a worktree's path.
    pub worktrees: Value<String>,
    /// NAME or NAME:MODEL of a run that names none.
    pub default_agent: Value<String>,
    /// By name; those that no file tells of are started as they are known.
    pub agents: BTreeMap<String, Value<AgentSettings>>,
    /// By name.
    pub providers: BTreeMap<String, Value<Provider>>,
    /// The amount that one run may use until a person is asked.
    pub run_budget: Value<Budget>,
    /// The amount that all runs of one repository may use in a day.
    pub repository_budget: Value<Budget>,
    /// The amount that all runs may use in a day.
    pub day_budget: Value<Budget>,
    /// The policy that says what agents may do without asking.
    pub policy: Value<Policy>,
    /// A worktree in which nothing was changed goes by itself.
    pub release_unchanged: Value<bool>,
    /// A control group is used for pausing where one can be made.
    pub freezer: Value<bool>,
    /// How many runs may be at work at once.
    pub running: Value<u32>,
    /// Bytes that must be free for a run to begin.
    pub free_space: Value<u64>,
    /// A provider that lifts its limit within so many milliseconds is waited for; `None`: none is.
    pub go_on_within_ms: Value<Option<u64>>,
    /// Milliseconds for which background work of an agent whose turn is over is waited for.
    pub background_within_ms: Value<u64>,
    /// Milliseconds between two looks at a worktree that changes.
    pub look_every_ms: Value<u64>,
    /// `dark`, `light`, or the name of a theme of the person's own.
    pub theme: Value<String>,
    /// The mouse selects runs.
    pub mouse: Value<bool>,
    /// An agent whose terminal is shown may put texts on the clipboard.
    pub clipboard: Value<bool>,
    /// How a person is told that a run begins to need them: `bell`, `osc9`, `osc777`.
    pub notify: Value<Vec<String>>,
    /// Ignored files that a worktree gets a copy of, as patterns of a .gitignore.
    pub copy: Value<Vec<String>>,
    /// Folders that it gets a copy of.
    pub clone: Value<Vec<String>>,
    /// Shell commands that are run in it first.
    pub setup: Value<Vec<String>>,
    /// Each run has a folder of its own for caches.
    pub own_cache: Value<bool>,
    /// The checks of a run's work, by name.
    pub checks: BTreeMap<String, Value<CheckSpec>>,
    /// The conditions of a run's merge.
    pub gate: Value<GateSpec>,
    /// Where it is delivered.
    pub deliver: Value<DeliverSpec>,
    /// The ref that runs start from; `None`: the branch the repository is on.
    pub base: Option<Value<String>>,
    /// The phases of a run; `None`: one that is called `build`.
    pub phases: Option<Value<Vec<Phase>>>,
}

/// How one agent is started on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// The program, instead of the one that PATH has.
    pub path: Option<String>,
    /// A program and its arguments, which make an agent of it; `{prompt}` stands for the task.
    pub command: Option<Vec<String>>,
    /// The oldest version that may be started, instead of the one that is known to work.
    pub minimum: Option<String>,
    /// The gateway stands between it and its providers; when not set, where there is a key of theirs.
    pub gateway: Option<bool>,
    /// The dialect that the program's output is written in.
    pub reads: Option<String>,
    /// Variables of its environment beside those that it has anyway.
    pub env: BTreeMap<String, String>,
}

/// A value and the file that set it; `None` for the built-in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<T> {
    pub value: T,
    pub origin: Option<PathBuf>,
}

/// A settings file with a mistake.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    #[error("{file}: line {line}: {why}")]
    Parse { file: String, line: usize, why: String },
    #[error("{file}: line {line}: {key} = {found}: expected {expected}")]
    Value { file: String, line: usize, key: String, found: String, expected: &'static str },
    #[error("{file} can't be read: {why}")]
    Unreadable { file: String, why: String },
}

impl Settings {
    /// Lays `layers` (each a file's path and text, the weakest first) over the built-in settings.
    ///
    /// # Errors
    /// Names the file and line of the first unknown key or unfitting value.
    pub fn from_layers(layers: &[(PathBuf, String)]) -> Result<Self, SettingsError> {
        let defaults = Layer::read("defaults.toml", DEFAULTS)?;
        let set = "every key has a built-in value";
        let text = |value: Option<Spanned<String>>| Value::built_in(value.expect(set).into_inner());
        let free_space = text(defaults.limits.free_space);
        let mut settings = Self {
            worktrees: text(defaults.worktrees),
            default_agent: text(defaults.default_agent),
            agents: BTreeMap::new(),
            providers: BTreeMap::new(),
            run_budget: Value::built_in(Budget::NONE),
            repository_budget: Value::built_in(Budget::NONE),
            day_budget: Value::built_in(Budget::NONE),
            policy: Value::built_in(policy(&text(defaults.policy).value)),
            release_unchanged: Value::built_in(text(defaults.release).value == "unchanged"),
            freezer: Value::built_in(text(defaults.freezer).value == "auto"),
            running: Value::built_in(defaults.limits.running.expect(set).into_inner()),
            free_space: Value::built_in(size::bytes(&free_space.value).expect(set)),
            go_on_within_ms: Value::built_in(span::milliseconds(&text(defaults.limits.go_on_within).value)),
            background_within_ms: Value::built_in(
                span::milliseconds(&text(defaults.limits.background_within).value).expect(set),
            ),
            look_every_ms: Value::built_in(span::milliseconds(&text(defaults.limits.look_every).value).expect(set)),
            theme: text(defaults.cockpit.theme),
            mouse: Value::built_in(defaults.cockpit.mouse.expect(set).into_inner()),
            clipboard: Value::built_in(defaults.cockpit.clipboard.expect(set).into_inner()),
            notify: Value::built_in(words(defaults.cockpit.notify.expect(set))),
            copy: Value::built_in(words(defaults.environment.copy.expect(set))),
            clone: Value::built_in(words(defaults.environment.clone.expect(set))),
            setup: Value::built_in(words(defaults.environment.setup.expect(set))),
            own_cache: Value::built_in(text(defaults.environment.cache).value == "own"),
            checks: BTreeMap::new(),
            gate: Value::built_in(GateSpec::default()),
            deliver: Value::built_in(DeliverSpec::default()),
            base: None,
            phases: None,
        };
        provider::lay(&mut settings.providers, defaults.provider, None);
        gate::lay(&mut settings.gate, defaults.gate, None);
        deliver::lay(&mut settings.deliver, defaults.deliver, None);
        for (path, text) in layers {
            let layer = Layer::read(&path.display().to_string(), text)?;
            settings.lay(path, layer);
        }
        Ok(settings)
    }

    fn lay(&mut self, path: &Path, layer: Layer) {
        let from = |path: &Path| Some(path.to_owned());
        fn set<S, T>(slot: &mut Value<T>, path: &Path, value: Option<Spanned<S>>, read: impl Fn(S) -> T) {
            if let Some(value) = value {
                *slot = Value { value: read(value.into_inner()), origin: Some(path.to_owned()) };
            }
        }
        set(&mut self.worktrees, path, layer.worktrees, |t| t);
        set(&mut self.default_agent, path, layer.default_agent, |t| t);
        self.agents.extend(layer.agent.into_iter().map(|(name, value)| (name, Value { value, origin: from(path) })));
        provider::lay(&mut self.providers, layer.provider, Some(path));
        check::lay(&mut self.checks, layer.check, path);
        gate::lay(&mut self.gate, layer.gate, Some(path));
        deliver::lay(&mut self.deliver, layer.deliver, Some(path));
        let budgets = [
            (&mut self.run_budget, layer.budget.run),
            (&mut self.repository_budget, layer.budget.repository),
            (&mut self.day_budget, layer.budget.day),
        ];
        for (slot, said) in budgets {
            let Some(said) = said.and_then(|said| budget::read(said.get_ref())) else { continue };
            // What a person said themselves, a repository can only make stricter.
            let value = if slot.origin.is_some() { slot.value.stricter(said) } else { said };
            *slot = Value { value, origin: from(path) };
        }
        // What a person said themselves, a repository can only make stricter.
        let said = self.policy.origin.is_some();
        set(&mut self.policy, path, layer.policy.filter(|t| !said || policy(t.get_ref()) == Policy::Ask), |t| {
            policy(&t)
        });
        set(&mut self.release_unchanged, path, layer.release, |t| t == "unchanged");
        set(&mut self.freezer, path, layer.freezer, |t| t == "auto");
        set(&mut self.running, path, layer.limits.running, |n| n);
        set(&mut self.free_space, path, layer.limits.free_space, |t| size::bytes(&t).unwrap_or(u64::MAX));
        set(&mut self.look_every_ms, path, layer.limits.look_every, |t| span::milliseconds(&t).unwrap_or(u64::MAX));
        set(&mut self.background_within_ms, path, layer.limits.background_within, |t| {
            span::milliseconds(&t).unwrap_or(u64::MAX)
        });
        let most = self.go_on_within_ms.origin.as_ref().map(|_| self.go_on_within_ms.value.unwrap_or(0));
        let fits = |t: &Spanned<String>| most.is_none_or(|most| span::milliseconds(t.get_ref()).unwrap_or(0) <= most);
        set(&mut self.go_on_within_ms, path, layer.limits.go_on_within.filter(fits), |t| span::milliseconds(&t));
        set(&mut self.theme, path, layer.cockpit.theme, |t| t);
        set(&mut self.mouse, path, layer.cockpit.mouse, |on| on);
        set(&mut self.clipboard, path, layer.cockpit.clipboard, |on| on);
        set(&mut self.own_cache, path, layer.environment.cache, |t| t == "own");
        let lists = [
            (&mut self.notify, layer.cockpit.notify),
            (&mut self.copy, layer.environment.copy),
            (&mut self.clone, layer.environment.clone),
            (&mut self.setup, layer.environment.setup),
        ];
        for (slot, values) in lists {
            if let Some(values) = values {
                *slot = Value { value: words(values), origin: from(path) };
            }
        }
        if let Some(value) = layer.base {
            self.base = Some(Value { value: value.into_inner(), origin: from(path) });
        }
        if let Some(phases) = layer.phase {
            let value = phases.into_iter().map(Spanned::into_inner).collect();
            self.phases = Some(Value { value, origin: from(path) });
        }
    }

    /// The phases of a run.
    pub fn phases(&self) -> Vec<Phase> {
        self.phases.as_ref().map_or_else(|| vec![Phase::only()], |phases| phases.value.clone())
    }

    /// Returns the phases, each with its checks: where none names any, all of them are the last one's.
    pub fn with_checks(&self, mut phases: Vec<Phase>) -> Vec<Phase> {
        if phases.iter().all(|phase| phase.checks.is_none())
            && let Some(last) = phases.last_mut()
            && !self.checks.is_empty()
        {
            // It still has its agent, which it would not have if it had named them itself.
            last.prompt.get_or_insert_with(|| "{task}".to_owned());
            last.checks = Some(self.checks.keys().cloned().collect());
        }
        phases
    }

    /// Where the worktree of the run `name` goes: absolute, without `..`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is neither up nor here is kept as it is")]
    pub fn worktree_path(&self, main: &Path, repo: &str, name: &str) -> PathBuf {
        let filled = self.worktrees.value.replace("{repo}", repo).replace("{name}", name);
        let mut path = PathBuf::new();
        for part in main.join(filled).components() {
            match part {
                std::path::Component::ParentDir => drop(path.pop()),
                std::path::Component::CurDir => {}
                other => path.push(other),
            }
        }
        path
    }
}

/// Returns the policy of a word, which was looked at when the file was read.
fn policy(word: &str) -> Policy {
    Policy::parse(word).unwrap_or_default()
}

fn words(values: Vec<Spanned<String>>) -> Vec<String> {
    values.into_iter().map(Spanned::into_inner).collect()
}

impl<T> Value<T> {
    fn built_in(value: T) -> Self {
        Self { value, origin: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (PathBuf, String) {
        (PathBuf::from(name), text.to_owned())
    }

    #[test]
    fn a_later_layer_wins_and_is_named() {
        let layers = [
            file("/u/config.toml", "default_agent = \"a\"\nbase = \"main\""),
            file("/r/pilothouse.toml", "default_agent = \"b\""),
        ];
        let settings = Settings::from_layers(&layers).expect("good files");
        assert_eq!(settings.default_agent, Value { value: "b".to_owned(), origin: Some("/r/pilothouse.toml".into()) });
        assert_eq!(settings.base.expect("set").origin, Some("/u/config.toml".into()));
        assert_eq!(settings.running, Value { value: 16, origin: None });
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        for (text, words) in [
            ("# one\nagents = \"x\"", ["line 2", "agents"]),
            ("default_agent = 3", ["line 1", "string"]),
            ("[limits]\nrunning = 0", ["line 2: limits.running", "at least 1"]),
            ("worktrees = \"/tmp/x\"", ["line 1: worktrees", "{name}"]),
            ("default_agent = \"a\"\nfreezer = \"no\"", ["line 2: freezer = \"no\"", "\"signals\""]),
            ("[limits]\nfree_space = \"much\"", ["line 2: limits.free_space", "500MB"]),
            ("[cockpit]\nnotify = [\"bell\", \"horn\"]", ["line 2: cockpit.notify = \"horn\"", "osc777"]),
            ("[cockpit]\ntheme = \"../x\"", ["line 2: cockpit.theme", "themes/"]),
            ("[budget]\nday = -1", ["line 2: budget.day = -1", "2M tokens"]),
            ("[provider.x]\nupstream = \"ftp://x\"", ["line 2: provider.x.upstream", "https://"]),
            ("[provider.x]\nkey_env = \"A\"\nkey_file = \"b\"", ["provider.x", "one of key_env"]),
            ("[environment]\ncache = \"mine\"", ["line 2: environment.cache = \"mine\"", "\"own\""]),
            ("\n[[phase]]\nname = \"Plan it\"", ["line 2: phase", "at most 20"]),
            ("[[phase]]\nname = \"a\"\n[[phase]]\nname = \"a\"", ["line 3: phase", "no other"]),
            ("[[phase]]\nname = \"a\"\nsesion = \"new\"", ["line 3", "sesion"]),
            ("[[phase]]\nname = \"a\"\nsession = \"old\"", ["phase = \"old\"", "continue"]),
        ] {
            let error = Settings::from_layers(&[file("/r/pilothouse.toml", text)]).expect_err(text).to_string();
            assert!(error.starts_with("/r/pilothouse.toml: "), "{error}");
            for word in words {
                assert!(error.contains(word), "{word} is not in: {error}");
            }
        }
    }

    #[test]
    fn layers_only_make_budgets_stricter() {
        let user = file("/u", "[budget]\nrun = 5\n[provider.openai]\nkey_file = \"/k\"");
        let repo = file("/r", "[budget]\nrun = 9\nrepository = \"2M tokens\"");
        let settings = Settings::from_layers(&[user, repo]).expect("good files");
        assert_eq!(settings.run_budget.value.to_string(), "$5.00");
        assert_eq!(settings.repository_budget.value.to_string(), "2M tokens");
        let openai = &settings.providers["openai"].value;
        assert_eq!(
            (openai.upstream.as_str(), &openai.key),
            ("https://api.openai.com/v1", &Some(Key::File("/k".into())))
        );
        assert_eq!(settings.providers["anthropic"].value.key, Some(Key::Env("ANTHROPIC_API_KEY".into())));
    }

    #[test]
    fn phases_come_whole_from_a_layer() {
        let user = file("/u", "[[phase]]\nname = \"one\"");
        let repo = file("/r", "[[phase]]\nname = \"plan\"\nprompt = \"Plan: {task}\"\n[[phase]]\nname = \"build\"");
        let settings = Settings::from_layers(&[user, repo]).expect("good files");
        let prompts: Vec<_> = settings.phases().iter().map(|p| (p.name.clone(), p.prompt("x"))).collect();
        assert_eq!(prompts, [("plan".to_owned(), "Plan: x".to_owned()), ("build".to_owned(), "x".to_owned())]);
        assert!(settings.origins().contains(&("phase".to_owned(), "plan, build".to_owned(), "/r".to_owned())));
    }

    #[test]
    fn a_template_becomes_an_absolute_path() {
        let settings = Settings::from_layers(&[]).expect("defaults");
        assert_eq!(
            settings.worktree_path(Path::new("/home/me/shop"), "shop", "fix"),
            Path::new("/home/me/shop.worktrees/fix")
        );
    }
}
