//! Keys of model providers in the environment: the daemon starts anew without them, so that no process shows them, and hands
//! them to the gateway only.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use domain::key_values::KeyValues;
use gateway::GivenKeys;
use settings::{Key, Settings};

/// Bytes of the largest settings file that is read.
const LARGEST_FILE: u64 = 16 << 20;
/// The word before the number of the descriptor by which keys are handed on.
pub(crate) const HANDED_ON: &str = "--keys";

/// Reads the keys that the process before this one handed on. To be called before descriptors are closed.
pub(crate) fn handed_on(words: &[OsString]) -> Option<GivenKeys> {
    let at = words.iter().position(|word| word == HANDED_ON)?;
    let number: u32 = words.get(at + 1)?.to_str()?.parse().ok()?;
    let mut text = String::new();
    File::open(format!("/dev/fd/{number}")).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Starts `__daemon` with these words instead of this process, without keys in its environment; returns where there are
/// none in it, or with those that are where that can't be done.
pub(crate) fn take_out(config: &Path, words: &[&str]) -> GivenKeys {
    let given = GivenKeys { env: found(config), ..GivenKeys::default() };
    if given.env.0.is_empty() {
        return given;
    }
    let Ok(file) = written(&given) else { return given };
    let Ok(binary) = std::env::current_exe() else { return given };
    let mut command = Command::new(binary);
    command.arg("__daemon").args(words).arg(HANDED_ON).arg(file.as_raw_fd().to_string());
    for name in given.env.0.keys() {
        command.env_remove(name);
    }
    // It only comes back when it failed.
    let _failed = command.exec();
    given
}

/// The variables that settings name as keys and that are set.
fn found(config: &Path) -> KeyValues {
    let text = evidence::read_linked_text(config, LARGEST_FILE).unwrap_or_default();
    // With a mistake in the file the built-in names count; whoever starts a run is told of it.
    let layers = [(config.to_owned(), text)];
    let settings = Settings::from_layers(&layers).or_else(|_| Settings::from_layers(&[]));
    let providers = settings.map(|settings| settings.providers).unwrap_or_default();
    let names = providers.into_values().filter_map(|provider| match provider.value.key {
        Some(Key::Env(name)) => Some(name),
        _ => None,
    });
    let value = |name: &String| std::env::var(name).ok().filter(|value| !value.is_empty());
    KeyValues(names.filter_map(|name| value(&name).map(|value| (name, value))).collect())
}

/// Writes the keys to a file in memory, whose descriptor the next program inherits.
fn written(given: &GivenKeys) -> std::io::Result<File> {
    let memory = rustix::fs::memfd_create("keys", rustix::fs::MemfdFlags::empty())?;
    let mut file = File::from(memory);
    file.write_all(&serde_json::to_vec(given)?)?;
    file.rewind()?;
    Ok(file)
}
