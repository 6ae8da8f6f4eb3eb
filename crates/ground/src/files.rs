//! Files that are there whole or not at all, readable by their owner only. One rule says what is synced: [`Lasts`].

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// How much of a written file is there after a power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// All of it: the bytes and the name are synced. For what nobody can make again.
    Always,
    /// The bytes where the name is there; the name may be lost. For records whose absence is understood.
    WhereNamed,
    /// Maybe nothing, or a damaged file. For what is made again, and for what means nothing after a restart.
    UntilRestart,
}

/// Writes `bytes` beside `path` under a name that nobody else can have, and renames; on any failure `path` stays as it was.
///
/// # Errors
/// When the file can't be written, synced or put in place.
pub fn write_whole(path: &Path, bytes: &[u8], lasts: Lasts) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    if lasts != Lasts::UntilRestart {
        file.as_file().sync_all()?;
    }
    file.persist(path).map_err(|e| e.error)?;
    if lasts == Lasts::Always {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Makes renames and new files in `folder` survive a power loss.
///
/// # Errors
/// When the folder can't be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record");
        for (text, lasts) in [("one", Lasts::Always), ("two, longer", Lasts::WhereNamed), ("3", Lasts::UntilRestart)] {
            write_whole(&path, text.as_bytes(), lasts).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("text"), text);
        }
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "its owner's alone");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record");
        fs::create_dir_all(path.join("inside")).expect("a folder in its place");
        write_whole(&path, b"new", Lasts::Always).expect_err("a folder is no file to be replaced");
        assert!(path.join("inside").exists());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }
}
