//! Random bytes of the kernel, which nobody can guess.

use std::io;

/// Returns random bytes.
///
/// # Errors
/// When the kernel has none, as early at boot.
pub fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0u8; N];
    rustix::rand::getrandom(&mut bytes[..], rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes)
}
