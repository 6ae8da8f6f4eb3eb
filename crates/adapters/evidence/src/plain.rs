//! Plain files, and nothing else: whoever can write to a folder can put a FIFO, a device, a socket or a link in a file's
//! place, and none of these may be waited for, led by or read without end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a plain file to be read; a link in its place is not followed.
///
/// # Errors
/// When there is none, or it is something else.
pub fn open_plain(path: &Path) -> io::Result<File> {
    open_as(path, File::options().read(true), OFlags::NOFOLLOW)
}

/// The bytes of a plain file; a link in its place is not followed.
///
/// # Errors
/// When there is none, it is something else, or it has more than `most` bytes.
pub fn read_plain(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_to_end(open_plain(path)?, most)
}

/// The text of a plain file that a person may have linked to from elsewhere.
///
/// # Errors
/// When there is none, it is something else, has more than `most` bytes, or is not UTF-8.
pub fn read_linked_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_to_end(open_as(path, File::options().read(true), OFlags::empty())?, most)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Opens a plain file to be added to, made with mode 0600 where there is none; a link in its place is not followed.
///
/// # Errors
/// When it is something else or can't be made.
pub fn append_plain(path: &Path) -> io::Result<File> {
    open_as(path, File::options().append(true).create(true).mode(0o600), OFlags::NOFOLLOW)
}

/// Opens a plain file in this way.
pub(crate) fn open_as(path: &Path, how: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file");
    let flags = i32::try_from((flags | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    let file = how.custom_flags(flags).open(path).map_err(|error| match rustix::io::Errno::from_io_error(&error) {
        // A link that is not followed; a FIFO that nobody reads, or a socket.
        Some(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => no_file(),
        _ => error,
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// A file's bytes, of which a sparse one may claim more than there is room for.
pub(crate) fn read_to_end(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_is_no_plain_file_is_named() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        std::fs::write(at("plain"), "text").expect("writable");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("fifo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .expect("a FIFO");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        symlink(at("plain"), at("link")).expect("a link");
        symlink(at("loop"), at("loop")).expect("a link to itself");
        std::fs::create_dir(at("folder")).expect("a folder");
        for name in ["fifo", "socket", "link", "loop", "folder"] {
            let error = read_plain(&at(name), 10).expect_err(name);
            assert_eq!(error.to_string(), "it is no plain file", "{name}");
            assert!(append_plain(&at(name)).is_err(), "{name}");
        }
        assert_eq!(read_linked_text(&at("link"), 10).expect("a person's own link"), "text");
        assert_eq!(read_plain(&at("plain"), 4).expect("a file"), b"text");
        assert!(read_plain(&at("plain"), 3).is_err(), "it is too large");
        File::create(at("sparse")).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
        assert!(read_plain(&at("sparse"), 1000).is_err(), "it claims a terabyte");
        assert_eq!(read_plain(&at("none"), 10).expect_err("nothing").kind(), io::ErrorKind::NotFound);
    }
}
