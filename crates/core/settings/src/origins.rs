//! Every key with its value and the file that set it, for a person who wonders why.

use domain::check::CheckSpec;
use domain::figures;

use crate::{AgentSettings, Key, Provider, Settings, Value};

impl Settings {
    /// Every key with its value and where it came from, for people.
    pub fn origins(&self) -> Vec<(String, String, String)> {
        fn line<T>(key: &str, value: &Value<T>, said: String) -> (String, String, String) {
            let origin = value.origin.as_ref().map_or_else(|| "built in".to_owned(), |path| path.display().to_string());
            (key.to_owned(), said, origin)
        }
        let unset = |key: &str, said: &str| (key.to_owned(), said.to_owned(), "built in".to_owned());
        let release = if self.release_unchanged.value { "unchanged" } else { "never" };
        let mut lines = vec![
            line("worktrees", &self.worktrees, self.worktrees.value.clone()),
            line("default_agent", &self.default_agent, self.default_agent.value.clone()),
            self.base.as_ref().map_or_else(
                || unset("base", "the branch the repository is on"),
                |base| line("base", base, base.value.clone()),
            ),
            line("policy", &self.policy, self.policy.value.word().to_owned()),
            line("release", &self.release_unchanged, release.to_owned()),
            line("freezer", &self.freezer, if self.freezer.value { "auto" } else { "signals" }.to_owned()),
            line("limits.running", &self.running, self.running.value.to_string()),
            line("limits.free_space", &self.free_space, format!("{} bytes", self.free_space.value)),
            line(
                "limits.go_on_within",
                &self.go_on_within_ms,
                self.go_on_within_ms.value.map_or_else(|| "never".to_owned(), |ms| format!("{}s", ms / 1000)),
            ),
            line(
                "limits.background_within",
                &self.background_within_ms,
                format!("{}s", self.background_within_ms.value / 1000),
            ),
            line("limits.look_every", &self.look_every_ms, format!("{}s", self.look_every_ms.value / 1000)),
            line("cockpit.theme", &self.theme, self.theme.value.clone()),
            line("cockpit.mouse", &self.mouse, self.mouse.value.to_string()),
            line("cockpit.clipboard", &self.clipboard, self.clipboard.value.to_string()),
            line("cockpit.notify", &self.notify, self.notify.value.join(", ")),
            line("environment.copy", &self.copy, self.copy.value.join(", ")),
            line("environment.clone", &self.clone, self.clone.value.join(", ")),
            line("environment.setup", &self.setup, self.setup.value.join(", ")),
            line("environment.cache", &self.own_cache, if self.own_cache.value { "own" } else { "shared" }.to_owned()),
            self.phases.as_ref().map_or_else(
                || unset("phase", "build"),
                |phases| {
                    let names: Vec<_> = phases.value.iter().map(|phase| phase.name.as_str()).collect();
                    line("phase", phases, names.join(", "))
                },
            ),
        ];
        let budgets = [("run", &self.run_budget), ("repository", &self.repository_budget), ("day", &self.day_budget)];
        lines.extend(budgets.map(|(name, budget)| line(&format!("budget.{name}"), budget, budget.value.to_string())));
        for (name, provider) in &self.providers {
            lines.push(line(&format!("provider.{name}"), provider, said_of_provider(&provider.value)));
        }
        for (name, check) in &self.checks {
            lines.push(line(&format!("check.{name}"), check, said_of_check(&check.value)));
        }
        lines.push(line("gate", &self.gate, crate::gate::says(&self.gate.value)));
        lines.push(line("deliver", &self.deliver, crate::deliver::says(&self.deliver.value)));
        for (name, agent) in &self.agents {
            lines.push(line(&format!("agent.{name}"), agent, said_of(&agent.value)));
        }
        lines
    }
}

fn said_of_provider(provider: &Provider) -> String {
    let key = match &provider.key {
        None => "no key".to_owned(),
        Some(Key::Env(name)) => format!("key from the variable {name}"),
        Some(Key::File(path)) => format!("key from the file {path}"),
        Some(Key::Command(words)) => format!("key from `{}`", words.join(" ")),
    };
    format!("{}, {key}", provider.upstream)
}

fn said_of_check(check: &CheckSpec) -> String {
    let required = if check.required { "required" } else { "not required" };
    let report = check.report.as_ref().map(|report| format!(", report {report}")).unwrap_or_default();
    let timeout = figures::seconds(check.timeout_ms);
    format!("{}; {required}, weight {}, at most {timeout}{report}", check.run, check.weight)
}

/// Says what is set of an agent; of its variables only the names, since their values may be secret.
fn said_of(agent: &AgentSettings) -> String {
    let command = agent.command.as_ref().map(|command| format!("command {}", command.join(" ")));
    let path = agent.path.as_ref().map(|path| format!("path {path}"));
    let reads = agent.reads.as_ref().map(|reads| format!("reads {reads}"));
    let minimum = agent.minimum.as_ref().map(|minimum| format!("minimum {minimum}"));
    let names: Vec<_> = agent.env.keys().map(String::as_str).collect();
    let env = (!names.is_empty()).then(|| format!("env {}", names.join(" ")));
    let gateway = agent.gateway.map(|on| format!("gateway {on}"));
    [path, command, reads, minimum, gateway, env].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_variables_show_no_values() {
        let text = "[agent.mine]\ncommand = [\"my\", \"{prompt}\"]\nenv = { MY_KEY = \"sk-secret\" }";
        let settings = Settings::from_layers(&[("/u".into(), text.to_owned())]).expect("a good file");
        let told = settings.origins().into_iter().find(|(key, ..)| key == "agent.mine");
        let said = "command my {prompt}, env MY_KEY".to_owned();
        assert_eq!(told, Some(("agent.mine".to_owned(), said, "/u".to_owned())));
    }
}
