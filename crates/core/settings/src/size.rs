//! Sizes as people write them.

/// Bytes of `500MB`, `2GB`, `64kB` or plain `1000`; decimal units, `KiB MiB GiB` for binary ones.
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("500MB"), Some(500_000_000));
        assert_eq!(bytes("2 GiB"), Some(2 << 30));
        assert_eq!(bytes("17"), Some(17));
        assert_eq!((bytes("much"), bytes("1parsec"), bytes("99999999999TB")), (None, None, None));
    }
}
