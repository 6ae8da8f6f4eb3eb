//! Reading a file of a worktree without being led out of it.

use std::fs;
use std::io::Read;
use std::path::{Component, Path};

/// Bytes of the largest file that is read.
const LARGEST: u64 = 4 << 20;

/// The text of a regular file, named by its path in the worktree; `None` when there is no such file, it is large, or a link
/// leads out of the worktree.
pub fn text_of(worktree: &Path, file: &str) -> Option<String> {
    let inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    let path = worktree.join(file);
    let folder = path.parent()?.canonicalize().ok()?;
    let stays = inside && folder.starts_with(worktree.canonicalize().ok()?);
    let kind = fs::symlink_metadata(&path).ok().filter(|meta| stays && meta.is_file() && meta.len() <= LARGEST)?;
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).ok()?);
    fs::File::open(&path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (tree, beside) = (folder.path().join("tree"), folder.path().join("beside"));
        fs::create_dir_all(tree.join("src")).expect("made");
        fs::create_dir_all(&beside).expect("made");
        fs::write(tree.join("src/a"), "in").expect("written");
        fs::write(beside.join("a"), "out").expect("written");
        std::os::unix::fs::symlink(&beside, tree.join("link")).expect("linked");
        std::os::unix::fs::symlink(beside.join("a"), tree.join("src/b")).expect("linked");
        assert_eq!(text_of(&tree, "src/a").as_deref(), Some("in"));
        for outside in ["link/a", "src/b", "../beside/a", "/etc/passwd", "src", "none"] {
            assert_eq!(text_of(&tree, outside), None, "{outside}");
        }
    }
}
