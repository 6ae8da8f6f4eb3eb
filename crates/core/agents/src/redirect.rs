//! How an agent is made to ask its models through the gateway.

use serde_json::{Value, json};

/// The key that an agent gets where the gateway has the real one.
pub(crate) const DUMMY: &str = "pilothouse";

/// Variables of Codex's environment, which name no secret on its command line.
const CODEX_TOKEN: &str = "PILOTHOUSE_TOKEN";
const CODEX_KEY: &str = "PILOTHOUSE_KEY";
/// The variable that has a configuration for OpenCode.
const OPENCODE: &str = "OPENCODE_CONFIG_CONTENT";

/// The gateway as one attempt finds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayAccess {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    pub token: String,
    /// The header that may have the token.
    pub header: &'static str,
    pub doors: Vec<OpenProvider>,
}

/// A provider that can be asked through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenProvider {
    pub provider: String,
    /// The gateway has the key; else the agent's own login is passed on.
    pub ours: bool,
}

/// Where an agent's environment says how one provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    pub provider: &'static str,
    /// Variables of its base URL, each with what stands behind the gateway's.
    pub urls: &'static [(&'static str, &'static str)],
    /// Variables that get the dummy key.
    pub keys: &'static [&'static str],
    /// Variables that would go before these.
    pub instead_of: &'static [&'static str],
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayHint {
    /// Nothing is known that would tell it.
    Never,
    ByVariables,
    /// By its configuration too, which reads the token from the environment.
    Codex,
    /// By a configuration in a variable.
    OpenCode,
    /// By a file of settings too, which says that a key is used.
    Gemini,
}

/// Changes of an agent's start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redirected {
    pub env: Vec<(String, String)>,
    /// Variables that it may not have.
    pub unset: Vec<String>,
    /// Files to be written into the attempt's own folder first, by name.
    pub files: Vec<(String, String)>,
}

pub(crate) const ANTHROPIC: Door = Door {
    provider: "anthropic",
    urls: &[("ANTHROPIC_BASE_URL", "")],
    // A key that it has not seen before Claude Code asks its person for; a token of this kind it does not.
    keys: &["ANTHROPIC_AUTH_TOKEN"],
    instead_of: &["ANTHROPIC_API_KEY"],
};

/// Every door, for programs of a person's own.
pub const USUAL: &[Door] = &[
    Door {
        provider: "anthropic",
        urls: &[("ANTHROPIC_BASE_URL", ""), ("ANTHROPIC_API_BASE", "")],
        keys: &["ANTHROPIC_API_KEY"],
        instead_of: &["ANTHROPIC_AUTH_TOKEN"],
    },
    Door {
        provider: "openai",
        urls: &[("OPENAI_BASE_URL", ""), ("OPENAI_API_BASE", "")],
        keys: &["OPENAI_API_KEY"],
        instead_of: &[],
    },
    Door {
        provider: "gemini",
        urls: &[("GOOGLE_GEMINI_BASE_URL", "")],
        keys: &["GEMINI_API_KEY"],
        instead_of: &["GOOGLE_API_KEY"],
    },
];

impl GatewayAccess {
    /// Variables that are added to and not replaced.
    pub const READS: [&str; 3] = ["NO_PROXY", "no_proxy", OPENCODE];

    fn door(&self, provider: &str) -> Option<&OpenProvider> {
        self.doors.iter().find(|open| open.provider == provider)
    }

    /// The base URL of a provider with the token in it.
    fn base(&self, provider: &str) -> String {
        format!("{}/t/{}/{provider}", self.url, self.token)
    }

    /// Returns the changes of an agent's start that make it ask its models here; `attempt` is the folder for its files,
    /// `set` the variables that are set in its environment already.
    pub fn redirect(&self, told: GatewayHint, doors: &[Door], attempt: &str, set: &[(String, String)]) -> Redirected {
        let mut to = Redirected::default();
        if told == GatewayHint::Never {
            return to;
        }
        for door in doors {
            let Some(open) = self.door(door.provider) else { continue };
            let base = self.base(door.provider);
            let urls = door.urls.iter().map(|(name, rest)| ((*name).to_owned(), format!("{base}{rest}")));
            to.env.extend(urls);
            if open.ours {
                to.env.extend(door.keys.iter().map(|name| ((*name).to_owned(), DUMMY.to_owned())));
                to.unset.extend(door.instead_of.iter().map(|name| (*name).to_owned()));
            }
        }
        match told {
            GatewayHint::Codex => {
                to.env.push((CODEX_TOKEN.to_owned(), self.token.clone()));
                to.env.push((CODEX_KEY.to_owned(), DUMMY.to_owned()));
            }
            GatewayHint::OpenCode => {
                let own = set.iter().rev().find(|(name, _)| name == OPENCODE).map(|(_, value)| value.as_str());
                to.env.push((OPENCODE.to_owned(), self.opencode(own)));
            }
            GatewayHint::Gemini if self.door("gemini").is_some_and(|open| open.ours) => {
                const FILE: &str = "gemini-settings.json";
                let settings = json!({"security": {"auth": {"selectedType": "gemini-api-key"}}});
                to.files.push((FILE.to_owned(), settings.to_string()));
                to.env.push(("GEMINI_CLI_SYSTEM_SETTINGS_PATH".to_owned(), format!("{attempt}/{FILE}")));
            }
            GatewayHint::Never | GatewayHint::ByVariables | GatewayHint::Gemini => {}
        }
        // A proxy has no business between an agent and this machine.
        for name in ["NO_PROXY", "no_proxy"] {
            let own = set.iter().rev().find(|(known, _)| known == name).map(|(_, value)| format!("{value},"));
            to.env.push((name.to_owned(), format!("{}127.0.0.1,localhost", own.unwrap_or_default())));
        }
        to
    }

    /// Codex's configuration, by keys with dots.
    pub(crate) fn codex(&self) -> Option<Vec<(&'static str, Value)>> {
        let open = self.door("openai")?;
        let mut provider = json!({
            "name": "pilothouse", "base_url": format!("{}/h/openai", self.url), "wire_api": "responses",
            "env_http_headers": {self.header: CODEX_TOKEN},
            // It would ask again, and pay again, after a pause of five minutes (0.169.0).
            "stream_idle_timeout_ms": 3_600_000,
        });
        if open.ours {
            provider["env_key"] = json!(CODEX_KEY);
        } else {
            provider["requires_openai_auth"] = json!(true);
        }
        Some(vec![("model_provider", json!("pilothouse")), ("model_providers.pilothouse", provider)])
    }

    /// OpenCode's configuration: what a person has in that variable, and where its providers are.
    fn opencode(&self, own: Option<&str>) -> String {
        let own = own.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut config = object(own.unwrap_or_default());
        let mut providers = object(config["provider"].take());
        let names = [("anthropic", "anthropic", "/v1"), ("openai", "openai", ""), ("gemini", "google", "/v1beta")];
        for (provider, name, rest) in names {
            let Some(open) = self.door(provider) else { continue };
            let mut known = object(providers[name].take());
            let mut options = object(known["options"].take());
            options["baseURL"] = json!(format!("{}{rest}", self.base(provider)));
            // Without a limit a pause is no reason to ask again.
            options["timeout"] = json!(false);
            options["chunkTimeout"] = json!(3_600_000);
            if open.ours {
                options["apiKey"] = json!(DUMMY);
            }
            known["options"] = options;
            providers[name] = known;
        }
        config["provider"] = providers;
        config.to_string()
    }
}

/// An object; nothing is kept of what is none.
fn object(value: Value) -> Value {
    if value.is_object() { value } else { json!({}) }
}

/// The provider that a model's name tells of, for agents that have several; `None` when it tells of none that is known.
pub fn provider_of(model: &str) -> Option<&'static str> {
    let (named, bare) = model.split_once('/').map_or((None, model), |(named, bare)| (Some(named), bare));
    match named {
        Some("anthropic") => Some("anthropic"),
        Some("openai") => Some("openai"),
        Some("google" | "gemini") => Some("gemini"),
        Some(_) => None,
        None if bare.starts_with("claude") || matches!(bare, "sonnet" | "opus" | "haiku") => Some("anthropic"),
        None if ["gpt-", "chatgpt-", "o1", "o3", "o4"].iter().any(|begin| bare.starts_with(begin)) => Some("openai"),
        None if bare.starts_with("gemini") => Some("gemini"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(ours: bool) -> GatewayAccess {
        let doors = ["anthropic", "openai", "gemini"].map(|name| OpenProvider { provider: name.to_owned(), ours });
        GatewayAccess {
            url: "http://127.0.0.1:4000".to_owned(),
            token: "abc-1".to_owned(),
            header: "x-pilothouse-token",
            doors: doors.into(),
        }
    }

    fn value<'a>(to: &'a Redirected, name: &str) -> Option<&'a str> {
        to.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn variables_name_the_gateway_and_a_dummy() {
        let set = [("NO_PROXY".to_owned(), "corp".to_owned())];
        let to = gateway(true).redirect(GatewayHint::ByVariables, &[ANTHROPIC], "/a", &set);
        assert_eq!(value(&to, "ANTHROPIC_BASE_URL"), Some("http://127.0.0.1:4000/t/abc-1/anthropic"));
        assert_eq!(value(&to, "ANTHROPIC_AUTH_TOKEN"), Some(DUMMY));
        assert_eq!(value(&to, "NO_PROXY"), Some("corp,127.0.0.1,localhost"));
        assert_eq!(to.unset, ["ANTHROPIC_API_KEY"]);
        let own = gateway(false).redirect(GatewayHint::ByVariables, &[ANTHROPIC], "/a", &[]);
        assert_eq!((value(&own, "ANTHROPIC_AUTH_TOKEN"), own.unset.len()), (None, 0), "its own login stays");
    }

    #[test]
    fn codex_names_no_token_in_its_configuration() {
        let gateway = gateway(true);
        let config = format!("{:?}", gateway.codex());
        assert!(config.contains("/h/openai") && config.contains(CODEX_TOKEN) && !config.contains("abc-1"), "{config}");
        assert_eq!(value(&gateway.redirect(GatewayHint::Codex, &[], "/a", &[]), CODEX_TOKEN), Some("abc-1"));
    }

    #[test]
    fn opencode_keeps_what_a_person_configured() {
        let own = r#"{"share":"disabled","provider":{"openai":{"models":{"x":{}}}}}"#;
        let set = [("OPENCODE_CONFIG_CONTENT".to_owned(), own.to_owned())];
        let to = gateway(true).redirect(GatewayHint::OpenCode, &[], "/a", &set);
        let config: Value = serde_json::from_str(value(&to, "OPENCODE_CONFIG_CONTENT").expect("set")).expect("JSON");
        assert_eq!((&config["share"], &config["provider"]["openai"]["models"]["x"]), (&json!("disabled"), &json!({})));
        assert_eq!(config["provider"]["google"]["options"]["baseURL"], "http://127.0.0.1:4000/t/abc-1/gemini/v1beta");
    }

    #[test]
    fn models_tell_their_providers() {
        for (model, provider) in [
            ("anthropic/claude-opus-4-8", Some("anthropic")),
            ("claude-sonnet-4-6", Some("anthropic")),
            ("openai/gpt-5", Some("openai")),
            ("gemini/gemini-2.5-pro", Some("gemini")),
            ("deepseek/deepseek-chat", None),
            ("llama3", None),
        ] {
            assert_eq!(provider_of(model), provider, "{model}");
        }
    }
}
