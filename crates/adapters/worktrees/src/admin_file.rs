//! Reading git's own small files, which an agent may have replaced by a link, a pipe or something without end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// No file of git's that holds a path, an id or a reason is longer.
const LARGEST: u64 = 64 << 10;

/// Opens a regular file without following a link in its place and without waiting for whoever opens a pipe.
///
/// # Errors
/// When it is missing, or no regular file.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no regular file")),
    }
}

/// The bytes of a small regular file; `None` when there is none of this name.
///
/// # Errors
/// When something else stands there, it is too long, or can't be read.
pub(crate) fn read_small(path: &Path) -> io::Result<Option<Vec<u8>>> {
    read_up_to(path, LARGEST)
}

/// As [`read_small`], for files of up to `most` bytes.
///
/// # Errors
/// When something else stands there, it is too long, or can't be read.
pub(crate) fn read_up_to(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than such a file ever is"));
    }
    Ok(Some(bytes))
}

/// The path in a file that holds one, below `folder` where it is relative. A path may hold any byte, so only the line's end
/// is cut.
pub(crate) fn path_in(bytes: &[u8], folder: &Path) -> PathBuf {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    folder.join(OsString::from_vec(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}
