//! How each agent is made to ask this provider, and to keep what it keeps in a folder of its own.

use std::fs;
use std::io;
use std::path::Path;

use crate::server::Provider;

impl Provider {
    /// The agents that can be made to.
    pub const AGENTS: [&'static str; 6] = ["claude", "codex", "gemini", "opencode", "claude-agent-acp", "aider"];

    /// Writes what `agent` reads at its start into `folder`, and gives the settings that start it so, as TOML; `path` is
    /// [`url`](Self::url)'s. `None` for an agent that is not among [`AGENTS`](Self::AGENTS).
    ///
    /// # Errors
    /// When the folder can't be written to.
    pub fn client(&self, agent: &str, folder: &Path, path: &str) -> io::Result<Option<String>> {
        let url = self.url(path);
        let home = folder.display().to_string();
        let own: Vec<(&str, String)> = match agent {
            "claude" | "claude-agent-acp" => vec![
                ("ANTHROPIC_BASE_URL", url),
                ("ANTHROPIC_API_KEY", "scripted".to_owned()),
                ("CLAUDE_CONFIG_DIR", home.clone()),
                ("CLAUDE_CODE_MAX_RETRIES", "2".to_owned()),
                ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ],
            "codex" => {
                let config = format!(
                    "model_provider = \"scripted\"\nmodel = \"gpt-6-astra\"\n[analytics]\nenabled = false\n\
                     [model_providers.scripted]\nname = \"scripted\"\nbase_url = \"{url}/v1\"\n\
                     env_key = \"SCRIPTED_KEY\"\nwire_api = \"responses\"\nstream_idle_timeout_ms = 3600000\n\
                     stream_max_retries = 2\n"
                );
                fs::write(folder.join("config.toml"), config)?;
                vec![("CODEX_HOME", home.clone()), ("SCRIPTED_KEY", "scripted".to_owned())]
            }
            "gemini" => {
                let config = r#"{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"general":{"enableAutoUpdate":false,"maxAttempts":3}}"#;
                fs::create_dir_all(folder.join(".gemini"))?;
                fs::write(folder.join(".gemini/settings.json"), config)?;
                vec![
                    ("GEMINI_API_KEY", "scripted".to_owned()),
                    ("GOOGLE_GEMINI_BASE_URL", url),
                    ("GEMINI_CLI_HOME", home.clone()),
                ]
            }
            "opencode" => vec![
                ("OPENCODE_CONFIG_CONTENT", opencode(&url)),
                ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
                ("XDG_DATA_HOME", home.clone()),
                ("XDG_CONFIG_HOME", home.clone()),
                ("XDG_STATE_HOME", home.clone()),
                ("XDG_CACHE_HOME", home.clone()),
            ],
            "aider" => vec![
                ("OPENAI_API_BASE", format!("{url}/v1")),
                ("OPENAI_API_KEY", "scripted".to_owned()),
                ("AIDER_MODEL", "openai/scripted".to_owned()),
            ],
            _ => return Ok(None),
        };
        let places = [("HOME", home)];
        let lines = own.iter().chain(&places).map(|(key, value)| format!("{key} = {value:?}\n"));
        Ok(Some(format!("[agent.{agent}.env]\n{}", lines.collect::<String>())))
    }
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
