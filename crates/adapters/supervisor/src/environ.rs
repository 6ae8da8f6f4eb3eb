//! The environment that a process was started with, as far as this user may read it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

/// The environment that a process was started with; empty where it can't be read.
pub(crate) struct Environ(Vec<u8>);

impl Environ {
    pub(crate) fn of(pid: u32) -> Self {
        Self(fs::read(format!("/proc/{pid}/environ")).unwrap_or_default())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a variable.
    pub(crate) fn value(&self, name: &str) -> Option<OsString> {
        let found = self.0.split(|b| *b == 0).find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        found.map(|value| OsString::from_vec(value.to_vec()))
    }
}
