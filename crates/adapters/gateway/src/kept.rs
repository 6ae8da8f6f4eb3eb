//! Passes on disk, for the one case that daemon and gateway are both gone: `gateway/passes/<hash of the token>.json`.
//!
//! While either of the two lives nobody reads them. They are written by whoever has the keys and sealed with those: a
//! daemon that is started with the same keys knows its own, and takes nothing else for a pass.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::GatewayError;
use crate::files;
use crate::keys::{GivenKeys, KeySource};
use crate::pass::{ByName, Pass, Route, is_name};

/// Bytes of the longest copy; a pass has a few hundred.
const LONGEST: u64 = 64 << 10;

#[derive(Serialize, Deserialize)]
struct Kept {
    pass: Pass,
    seal: String,
}

fn folder(home: &Path) -> PathBuf {
    files::folder(home).join("passes")
}

fn path(home: &Path, name: &str) -> PathBuf {
    folder(home).join(format!("{name}.json"))
}

/// Makes the folder; what stands in its place and is none is taken away, and never followed.
pub(crate) fn make(home: &Path) -> Result<(), GatewayError> {
    let folder = folder(home);
    if fs::symlink_metadata(&folder).is_ok_and(|meta| !meta.is_dir()) {
        fs::remove_file(&folder).map_err(GatewayError::io("remove", &folder))?;
    }
    files::make_folder(&folder)
}

pub(crate) fn write(home: &Path, keys: &GivenKeys, name: &str, pass: &Pass) -> Result<(), GatewayError> {
    make(home)?;
    files::write(&path(home, name), &Kept { pass: pass.clone(), seal: seal(keys, name, pass) })
}

/// Removes the copy of a pass; one that is gone already is as it should be.
pub(crate) fn remove(home: &Path, name: &str) -> Result<(), GatewayError> {
    let path = path(home, name);
    match fs::remove_file(&path) {
        Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(GatewayError::io("remove", path)(e))
        }
        _ => Ok(()),
    }
}

/// Returns the passes that were sealed with these keys and ask nothing beyond `bound`.
pub(crate) fn read(home: &Path, keys: &GivenKeys, bound: &[Route]) -> ByName {
    let mut found = ByName::new();
    for name in names(home).into_iter().filter_map(|name| name.strip_suffix(".json").map(str::to_owned)) {
        if !is_name(&name) {
            continue;
        }
        match files::read_own::<Kept>(&path(home, &name), LONGEST) {
            Ok(Some(kept)) if is_ours(keys, bound, &name, &kept) => {
                found.insert(name, kept.pass);
            }
            Ok(_) => tracing::warn!(name, "a pass that this daemon did not write, or with other keys, is refused"),
            Err(error) => tracing::warn!(%error, "a pass that can't be read is refused"),
        }
    }
    found
}

/// Whether a pass was sealed with these keys and names none for an address, or of a run, that it is not meant for. Without
/// the value of one of its variables anybody could have sealed it.
fn is_ours(keys: &GivenKeys, bound: &[Route], name: &str, kept: &Kept) -> bool {
    let pass = &kept.pass;
    let is_known = |source: &KeySource| match source {
        KeySource::Env(_) | KeySource::OfRun { .. } => {
            keys.value_as_given(source).is_some_and(|value| !value.is_empty())
        }
        KeySource::Own | KeySource::File(_) | KeySource::Command(_) => true,
    };
    let meant = |route: &Route| is_known(&route.key) && pass.may_ask(route, bound);
    pass.routes.values().all(meant) && kept.seal == seal(keys, name, pass)
}

/// Removes what is none of `known`, also what an earlier version left, whose names were the tokens themselves.
pub(crate) fn remove_others(home: &Path, known: &ByName) {
    for file in names(home) {
        let stem = file.strip_suffix(".json");
        let of_old = stem.and_then(|stem| stem.split_once('-')).is_some_and(|(_, rest)| rest.len() == 32);
        let ours = file.starts_with(".writing-") || of_old || stem.is_some_and(is_name);
        if ours && !stem.is_some_and(|name| known.contains_key(name)) {
            // What is gone already is as it should be.
            let _gone = fs::remove_file(folder(home).join(&file));
        }
    }
}

/// The names in the folder; none where a link or anything else stands in its place.
fn names(home: &Path) -> Vec<String> {
    let folder = folder(home);
    if !fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir()) {
        return Vec::new();
    }
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The seal of a pass under its token's name: an HMAC (RFC 2104) whose key is the values of the variables that its keys come
/// from. Where none comes from a variable it keeps nobody from writing one: whoever can write here can read such a key too.
fn seal(keys: &GivenKeys, name: &str, pass: &Pass) -> String {
    let mut secret = Sha256::new_with_prefix(b"pilothouse pass");
    for route in pass.routes.values() {
        if let KeySource::Env(variable) | KeySource::OfRun { variable, .. } = &route.key {
            for part in [variable.as_str(), keys.value_as_given(&route.key).unwrap_or_default()] {
                secret.update(part.len().to_be_bytes());
                secret.update(part);
            }
        }
    }
    let secret = secret.finalize();
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(&secret).for_each(|(to, from)| *to ^= from);
        block
    };
    let text = serde_json::to_vec(&(name, pass)).expect("a pass is plain values");
    let inner = Sha256::new_with_prefix(padded(0x36)).chain_update(text).finalize();
    let outer = Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}
