//! How each agent is made to ask this provider, and to keep what it keeps in a folder of its own.

use std::fs;
use std::io;
use std::path::Path;

use crate::server::ScriptedProvider;

impl ScriptedProvider {
    /// Agents that can be made to ask this provider.
    pub const AGENTS: [&'static str; 6] = ["claude", "codex", "gemini", "opencode", "claude-agent-acp", "aider"];

    /// Writes what `agent` reads at its start into `folder`, and returns the settings that start it so, as TOML; `path`
    /// is [`url`](Self::url)'s. `None` for an agent that is not among [`AGENTS`](Self::AGENTS).
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn client(&self, agent: &str, folder: &Path, path: &str) -> io::Result<Option<String>> {
        let url = self.url(path);
        let Some(mut env) = at_home(agent, folder)? else { return Ok(None) };
        env.extend(match agent {
            "claude" | "claude-agent-acp" => {
                vec![("ANTHROPIC_BASE_URL", url), ("ANTHROPIC_API_KEY", "scripted".to_owned())]
            }
            "codex" => {
                let config = format!(
                    "model_provider = \"scripted\"\n{CODEX}[model_providers.scripted]\nname = \"scripted\"\n\
                     base_url = \"{url}/v1\"\nenv_key = \"SCRIPTED_KEY\"\nwire_api = \"responses\"\n\
                     stream_idle_timeout_ms = 3600000\nstream_max_retries = 2\n"
                );
                fs::write(folder.join("config.toml"), config)?;
                vec![("SCRIPTED_KEY", "scripted".to_owned())]
            }
            "gemini" => {
                let config = GEMINI.replacen('{', r#"{"security":{"auth":{"selectedType":"gemini-api-key"}},"#, 1);
                fs::write(folder.join(".gemini/settings.json"), config)?;
                vec![("GEMINI_API_KEY", "scripted".to_owned()), ("GOOGLE_GEMINI_BASE_URL", url)]
            }
            "opencode" => vec![("OPENCODE_CONFIG_CONTENT", opencode(&url))],
            _ => vec![("OPENAI_API_BASE", format!("{url}/v1")), ("OPENAI_API_KEY", "scripted".to_owned())],
        });
        Ok(Some(settings(agent, &env)))
    }

    /// As [`client`](Self::client), for an agent that asks through pilothouse's gateway: the settings have the
    /// providers' places, and say that `key` is where their keys come from.
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn client_of_gateway(&self, agent: &str, folder: &Path, path: &str, key: &str) -> io::Result<Option<String>> {
        let url = self.url(path);
        let Some(mut env) = at_home(agent, folder)? else { return Ok(None) };
        match agent {
            "codex" => fs::write(folder.join("config.toml"), CODEX)?,
            "opencode" => {
                // Newer ones are offered a tool for patches instead of one that writes (1.18.33).
                let config = serde_json::json!({
                    "autoupdate": false, "share": "disabled", "model": "openai/gpt-4.1", "small_model": "openai/gpt-4.1",
                });
                env.push(("OPENCODE_CONFIG_CONTENT", config.to_string()));
            }
            _ => {}
        }
        let providers = [("anthropic", ""), ("openai", "/v1"), ("gemini", "")];
        let providers = providers.map(|(name, rest)| format!("[provider.{name}]\nupstream = \"{url}{rest}\"\n{key}\n"));
        Ok(Some(format!("gateway = true\n{}{}", settings(agent, &env), providers.concat())))
    }
}

const CODEX: &str = "model = \"gpt-6-astra\"\n[analytics]\nenabled = false\n";

const GEMINI: &str =
    r#"{"privacy":{"usageStatisticsEnabled":false},"general":{"enableAutoUpdate":false,"maxAttempts":3}}"#;

/// Returns the variables that keep an agent in a folder of its own, whichever provider it asks; `None` for an agent
/// that is not known.
fn at_home(agent: &str, folder: &Path) -> io::Result<Option<Vec<(&'static str, String)>>> {
    let home = folder.display().to_string();
    let own: Vec<(&str, String)> = match agent {
        "claude" | "claude-agent-acp" => vec![
            ("CLAUDE_CONFIG_DIR", home.clone()),
            ("CLAUDE_CODE_MAX_RETRIES", "2".to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ],
        "codex" => vec![("CODEX_HOME", home.clone())],
        "gemini" => {
            fs::create_dir_all(folder.join(".gemini"))?;
            fs::write(folder.join(".gemini/settings.json"), GEMINI)?;
            vec![("GEMINI_CLI_HOME", home.clone())]
        }
        "opencode" => {
            let places = ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"];
            let fetches = ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned());
            places.map(|name| (name, home.clone())).into_iter().chain([fetches]).collect()
        }
        "aider" => vec![("AIDER_MODEL", "openai/scripted".to_owned())],
        _ => return Ok(None),
    };
    Ok(Some(own.into_iter().chain([("HOME", home)]).collect()))
}

fn settings(agent: &str, env: &[(&str, String)]) -> String {
    let lines = env.iter().map(|(key, value)| format!("{key} = {value:?}\n"));
    format!("[agent.{agent}.env]\n{}", lines.collect::<String>())
}

/// Every scenario is one of its models, so that it can be asked for by name.
fn opencode(url: &str) -> String {
    let scenarios =
        ["ok", "commit", "text", "slow", "hang", "long", "ask", "cut", "cutonce", "400", "401", "429", "429once"];
    let model = |name: &&str| {
        (name.to_string(), serde_json::json!({"name": name, "limit": {"context": 200_000, "output": 32_000}}))
    };
    let models: serde_json::Map<String, serde_json::Value> = scenarios.iter().map(model).collect();
    let provider = serde_json::json!({
        "npm": "@ai-sdk/openai-compatible", "name": "scripted", "models": models,
        "options": {"baseURL": format!("{url}/v1"), "apiKey": "scripted", "timeout": false},
    });
    let config = serde_json::json!({
        "autoupdate": false, "share": "disabled", "model": "scripted/ok", "small_model": "scripted/text",
        "provider": {"scripted": provider},
    });
    config.to_string()
}
