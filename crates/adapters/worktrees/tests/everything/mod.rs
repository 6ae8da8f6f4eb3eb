//! A folder's whole content as a value that can be compared.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything below a folder but its top `.git`: path, kind, permissions and content.
pub(crate) fn everything(root: &Path) -> Vec<(PathBuf, String)> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry")) {
            let (path, meta) = (entry.path(), entry.metadata().expect("there"));
            let below = path.strip_prefix(root).expect("below").to_owned();
            if below == Path::new(".git") {
                continue;
            }
            let mode = meta.permissions().mode();
            let what = if meta.is_symlink() {
                format!("link to {}", fs::read_link(&path).expect("a link").display())
            } else if meta.is_dir() {
                open.push(path);
                "folder".to_owned()
            } else {
                {
                    let bytes = fs::read(&path).expect("a file");
                    // Long contents would hide what differs.
                    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
                    format!(
                        "{} bytes, sum {}: {start:?}",
                        bytes.len(),
                        bytes.iter().fold(7u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(*b)))
                    )
                }
            };
            found.push((below, format!("{mode:o} {what}")));
        }
    }
    found.sort();
    found
}
