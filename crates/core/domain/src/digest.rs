//! SHA-256 as lower-case hex, the form in which `sha256sum` prints it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The lower-case hex SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("writing to a string can't fail");
    }
    hex
}

/// The bytes that [`hex()`] wrote; `None` for another text.
pub fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// The name of a folder for things of the repository at this absolute path: sixteen digits of its path's hash.
pub fn folder_of(repo: &str) -> String {
    sha256_hex(repo.as_bytes()).chars().take(16).collect()
}
