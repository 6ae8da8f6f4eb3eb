//! SHA-256 as lower-case hex, the form in which `sha256sum` prints it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The lower-case hex SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("writing to a string can't fail");
    }
    hex
}

/// What a folder for things of the repository at this absolute path is called: sixteen digits of its path's hash.
pub fn folder_of(repo: &str) -> String {
    sha256_hex(repo.as_bytes()).chars().take(16).collect()
}
