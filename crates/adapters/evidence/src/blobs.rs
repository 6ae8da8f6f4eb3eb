//! Large things by their hash: written once, checked when read.

use domain::digest::sha256_hex;

use crate::atomic;
use crate::error::EvidenceError;
use crate::plain::read_plain;
use crate::run_folder::RunFolder;

/// A larger one is none of ours.
const LARGEST: u64 = 1 << 30;

impl RunFolder {
    /// Keeps `bytes` under their SHA-256 and returns it; the same bytes are kept once.
    ///
    /// # Errors
    /// When the blob can't be written.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<String, EvidenceError> {
        let sha = sha256_hex(bytes);
        let path = self.blobs().join(&sha);
        if !path.exists() {
            atomic::make_folder(&self.blobs())?;
            atomic::write(&path, bytes)?;
        }
        Ok(sha)
    }

    /// Reads the blob with this hash.
    ///
    /// # Errors
    /// When `sha` is no hash, there is no such blob, or its bytes do not have that hash.
    pub fn blob(&self, sha: &str) -> Result<Vec<u8>, EvidenceError> {
        let path = self.blobs().join(sha);
        if sha.len() != 64 || !sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(EvidenceError::Corrupt { path, line: 0, why: "this is not a SHA-256".to_owned() });
        }
        let bytes = read_plain(&path, LARGEST).map_err(EvidenceError::io("read", &path))?;
        if sha256_hex(&bytes) != sha {
            return Err(EvidenceError::Corrupt { path, line: 0, why: "its bytes do not have this hash".to_owned() });
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_changed_blob_is_not_given_back() {
        let temp = tempfile::tempdir().expect("a folder");
        let run = RunFolder::new(temp.path().join("abc234"));
        let sha = run.put_blob(b"a diff").expect("kept");
        assert_eq!(run.put_blob(b"a diff").expect("kept once"), sha);
        assert_eq!(run.blob(&sha).expect("there"), b"a diff");
        fs::write(run.blobs().join(&sha), b"another").expect("writable");
        assert!(run.blob(&sha).is_err());
        assert!(run.blob("../../etc/passwd").is_err());
    }
}
