//! Proof packs as folders: written whole or not at all, read without following a link.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::atomic;
use crate::error::EvidenceError;
use crate::plain::read_plain;
use crate::run_folder::RunFolder;

/// How the name of a folder begins that is still being written.
const CUT: &str = ".writing-";
/// A pack with more than this is not read.
const LARGEST: u64 = 1 << 30;
/// Folders inside of folders.
const DEEPEST: usize = 4;

impl RunFolder {
    /// `proof/<k>/`.
    pub fn pack(&self, k: u32) -> PathBuf {
        self.path().join("proof").join(k.to_string())
    }

    /// Puts a pack there, once: it is renamed into its place when all of it is on the disk.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn put_pack(&self, k: u32, files: &BTreeMap<String, Vec<u8>>) -> Result<(), EvidenceError> {
        let path = self.pack(k);
        if path.exists() {
            let same =
                |bytes: &Vec<u8>| read_plain(&path.join("statement.json"), LARGEST).is_ok_and(|there| there == *bytes);
            if files.get("statement.json").is_some_and(same) {
                return Ok(());
            }
            // Nothing tells of that one: whoever wrote it was killed before it was told, or was of another version.
            fs::remove_dir_all(&path).map_err(EvidenceError::io("clear away", &path))?;
        }
        let parent = self.path().join("proof");
        atomic::make_folder(&parent)?;
        let io = |e: std::io::Error| EvidenceError::io("write", &path)(e);
        clear_cut(&parent)?;
        let own = fs::Permissions::from_mode(0o700);
        let aside = tempfile::Builder::new().prefix(CUT).permissions(own).tempdir_in(&parent).map_err(io)?;
        for (name, bytes) in files {
            let file = aside.path().join(name);
            if let Some(folder) = file.parent() {
                atomic::make_folder(folder)?;
            }
            atomic::write(&file, bytes)?;
        }
        fs::rename(aside.keep(), &path).map_err(io)?;
        atomic::sync_folder(&parent)
    }
}

/// Removes the unfinished packs of a daemon that was killed while it wrote them; one pack of a run is written at a
/// time.
fn clear_cut(folder: &Path) -> Result<(), EvidenceError> {
    for entry in fs::read_dir(folder).map_err(EvidenceError::io("read", folder))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(CUT) {
            fs::remove_dir_all(entry.path()).map_err(EvidenceError::io("clear away", entry.path()))?;
        }
    }
    Ok(())
}

/// The files of a pack by their paths in it.
///
/// # Errors
/// When one can't be read, or is neither a file nor a folder.
pub fn read_pack(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, EvidenceError> {
    let mut files = BTreeMap::new();
    let mut left = LARGEST;
    read_folder(folder, "", DEEPEST, &mut left, &mut files)?;
    Ok(files)
}

fn read_folder(
    folder: &Path,
    name: &str,
    deeper: usize,
    left: &mut u64,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), EvidenceError> {
    let fail = |path: &Path, why: &str| EvidenceError::NoPack { path: path.to_owned(), why: why.to_owned() };
    for entry in fs::read_dir(folder).map_err(EvidenceError::io("read", folder))? {
        let entry = entry.map_err(EvidenceError::io("read", folder))?;
        let path = entry.path();
        let meta = fs::symlink_metadata(&path).map_err(EvidenceError::io("read", &path))?;
        let name = format!("{name}{}", entry.file_name().to_string_lossy());
        if meta.is_dir() && deeper > 0 {
            read_folder(&path, &format!("{name}/"), deeper - 1, left, files)?;
        } else if meta.is_file() {
            *left = left.checked_sub(meta.len()).ok_or_else(|| fail(&path, "it is too large to be one"))?;
            files.insert(name, read_plain(&path, meta.len()).map_err(EvidenceError::io("read", &path))?);
        } else {
            return Err(fail(&path, "it is no file, and what it leads to is not read"));
        }
    }
    Ok(())
}
