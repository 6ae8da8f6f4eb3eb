//! Whether money can be measured here: the price table, the keys, and the gateway that has them.

use client::Places;
use metering::Prices;
use settings::{Key, Settings};

use super::finding::DoctorFinding;

/// A settings file or a price table with more bytes is none.
pub(super) const LARGEST_FILE: u64 = 16 << 20;

/// A person's own price table.
pub(super) fn prices(places: &Places) -> DoctorFinding {
    let own = places.config.with_file_name("prices.toml");
    let (ok, says) = match evidence::read_linked_text(&own, LARGEST_FILE) {
        Ok(text) => match Prices::with(&own.display().to_string(), &text) {
            Ok(prices) => (true, format!("{} entries, those of {} first", prices.all().count(), own.display())),
            Err(error) => (false, format!("{error}; until it is mended the built-in table counts")),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (true, format!("{} built-in entries", Prices::built_in().all().count()))
        }
        Err(error) => (false, format!("{} can't be read: {error}; the built-in table counts", own.display())),
    };
    DoctorFinding { name: "prices", ok: Some(ok), says }
}

/// Which providers have a key, and whether a gateway serves just now.
pub(super) fn gateway(places: &Places) -> DoctorFinding {
    let text = evidence::read_linked_text(&places.config, LARGEST_FILE).unwrap_or_default();
    let settings = Settings::from_layers(&[(places.config.clone(), text)]);
    let providers = settings.map(|settings| settings.providers).unwrap_or_default();
    let serving = gateway::serving(&places.home).ok().flatten().filter(|_| gateway::is_serving(&places.home));
    let set_here = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let set_there = |name: &str| serving.as_ref().is_some_and(|serving| serving.keys.iter().any(|key| key == name));
    let says = |(name, provider): (&String, &settings::Value<settings::Provider>)| match &provider.value.key {
        Some(Key::Env(variable)) if set_here(variable) => Some(format!("{name} from {variable}")),
        // It counts for whoever has none only where the person's settings name it.
        Some(Key::Env(variable)) if provider.value.key_named && set_there(variable) => {
            Some(format!("{name} from {variable} of the daemon"))
        }
        Some(Key::Env(_)) | None => None,
        Some(Key::File(path)) => Some(format!("{name} from {path}")),
        Some(Key::Command(words)) => Some(format!("{name} from `{}`", words.join(" "))),
    };
    let keys: Vec<String> = providers.iter().filter_map(says).collect();
    let keys = if keys.is_empty() {
        "no provider's key is at hand here, so tokens are the agents' own figures".to_owned()
    } else {
        format!("keys: {}", keys.join(", "))
    };
    let serves = serving.map_or_else(
        || "no gateway serves; one is started with the first run that needs it".to_owned(),
        |serving| format!("a gateway serves on 127.0.0.1:{}", serving.port),
    );
    DoctorFinding { name: "gateway", ok: None, says: format!("{keys}; {serves}") }
}
