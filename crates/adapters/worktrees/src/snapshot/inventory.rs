//! What a worktree holds that a checkout of its commit would not give back.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::look::WorktreeLook;

/// Ignored files are kept up to this many bytes in all.
const IGNORED_UP_TO: u64 = 100 << 20;

/// Ignored folders of these names hold what can be built or fetched again, and whether nobody keeps anything of their own in
/// such a one.
const REBUILDABLE: &[(&str, bool)] = &[
    ("node_modules", true),
    ("target", false),
    (".venv", false),
    ("venv", false),
    ("__pycache__", true),
    ("dist", false),
    ("build", false),
    (".next", true),
    (".nuxt", true),
    (".turbo", true),
    (".gradle", true),
    (".tox", true),
    (".mypy_cache", true),
    (".pytest_cache", true),
    (".ruff_cache", true),
    (".cache", false),
    ("coverage", false),
    ("DerivedData", false),
    (".parcel-cache", true),
];

/// The files of a worktree by their fate: kept, left out, or deleted before.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Paths inside the worktree: files and links that differ from HEAD, folders that git does not know.
    pub(crate) kept: Vec<PathBuf>,
    /// Paths that HEAD has and the worktree has not.
    pub(crate) deleted: Vec<Vec<u8>>,
    pub(crate) left_out: Vec<String>,
    /// Bytes of the files kept.
    pub(crate) bytes: u64,
    /// How many of the kept files are not ignored.
    pub(crate) own: u64,
}

/// A file as HEAD has it.
struct Tracked {
    mode: u32,
    id: gix::ObjectId,
}

struct Walk<'a> {
    root: &'a Path,
    tracked: HashMap<Vec<u8>, Tracked>,
    ignored: &'a Ignored,
    ignored_bytes: u64,
    hash: gix::hash::Kind,
    umask: u32,
    found: Inventory,
}

/// Paths that git ignores in a worktree; folders end with a slash.
#[derive(Debug)]
pub(crate) struct Ignored(BTreeSet<Vec<u8>>);

impl Ignored {
    /// # Errors
    /// When git can't be run.
    pub(crate) fn of(look: &WorktreeLook) -> Result<Self, WorktreeError> {
        let words = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
        let listed = look.git().args(&words).run()?;
        Ok(Self(listed.split(|b| *b == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect()))
    }

    pub(crate) fn has_folder(&self, below: &Path) -> bool {
        self.0.contains(&[below.as_os_str().as_bytes(), b"/"].concat())
    }

    fn has_file(&self, name: &[u8]) -> bool {
        self.0.contains(name)
    }
}

pub(crate) fn is_rebuildable(name: &OsStr) -> bool {
    REBUILDABLE.iter().any(|(known, _)| OsStr::new(known) == name)
}

impl Inventory {
    /// Looks at every file, beside those of `commit` (a full id). Contents are compared by their hashes, so that no flag, filter or file time can hide
    /// a change.
    ///
    /// # Errors
    /// When something can't be read: then it can't be kept either.
    pub(crate) fn take(
        root: &Path,
        look: &WorktreeLook,
        commit: &str,
        ignored: &Ignored,
    ) -> Result<Self, WorktreeError> {
        let listed = look.git().args(&["ls-tree", "-r", "-z", "--full-tree", commit]).run()?;
        // A sparse checkout leaves files away on purpose.
        let flagged = look.git().args(&["ls-files", "-t", "-z"]).run()?;
        let away: BTreeSet<&[u8]> = flagged.split(|b| *b == 0).filter_map(|line| line.strip_prefix(b"S ")).collect();
        let mut walk = Walk {
            root,
            tracked: listed.split(|b| *b == 0).filter_map(tracked).collect(),
            ignored,
            ignored_bytes: 0,
            hash: look.gix()?.object_hash(),
            umask: umask(),
            found: Self::default(),
        };
        walk.folder(Path::new(""), false)?;
        let mut deleted: Vec<Vec<u8>> = walk.tracked.into_keys().filter(|name| !away.contains(&name[..])).collect();
        deleted.sort();
        Ok(Self { deleted, ..walk.found })
    }

    /// Whether something is left out that tools do not make again by themselves, which they are known to by its name, or by the
    /// tag that Cargo and others put into such folders (<https://bford.info/cachedir/>), or a virtual environment's file.
    pub(crate) fn leaves_out_work(&self, root: &Path) -> bool {
        let made_again = |name: &String| {
            let Some(folder) = name.strip_suffix('/') else { return false };
            let last = Path::new(folder).file_name();
            let by_name = REBUILDABLE.iter().any(|(known, tools)| *tools && last == Some(OsStr::new(known)));
            by_name || ["CACHEDIR.TAG", "pyvenv.cfg"].iter().any(|tag| root.join(folder).join(tag).is_file())
        };
        !self.left_out.iter().all(made_again)
    }
}

impl Walk<'_> {
    fn folder(&mut self, inside: &Path, ignored: bool) -> Result<(), WorktreeError> {
        let path = self.root.join(inside);
        let read = || fs::read_dir(&path)?.collect::<Result<Vec<_>, _>>();
        let mut entries = read().map_err(WorktreeError::io("look into", &path))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        if !inside.as_os_str().is_empty() {
            let meta = fs::symlink_metadata(&path).map_err(WorktreeError::io("look at", &path))?;
            if entries.is_empty() || meta.permissions().mode() & 0o7777 != 0o777 & !self.umask {
                self.found.kept.push(inside.to_owned());
            }
        }
        for entry in entries {
            let below = inside.join(entry.file_name());
            // The worktree's own pointer to its repository is made anew.
            if below == Path::new(".git") {
                continue;
            }
            let meta = entry.metadata().map_err(WorktreeError::io("look at", entry.path()))?;
            if meta.is_dir() {
                let ignored = ignored || self.ignored.has_folder(&below);
                if ignored && is_rebuildable(&entry.file_name()) {
                    self.found.left_out.push(format!("{}/", below.display()));
                } else {
                    self.folder(&below, ignored)?;
                }
            } else {
                self.file(below, &meta, ignored)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, below: PathBuf, meta: &Metadata, ignored: bool) -> Result<(), WorktreeError> {
        let name = below.as_os_str().as_bytes();
        let as_tracked = self.tracked.remove(name);
        let in_head = as_tracked.is_some();
        if let Some(tracked) = as_tracked
            && self.is_as(&below, meta, &tracked)?
        {
            return Ok(());
        }
        if !meta.is_file() && !meta.is_symlink() {
            self.found.left_out.push(format!("{} (no file)", below.display()));
            return Ok(());
        }
        let ignored = !in_head && (ignored || self.ignored.has_file(name));
        if ignored {
            if self.ignored_bytes.saturating_add(meta.len()) > IGNORED_UP_TO {
                self.found.left_out.push(below.display().to_string());
                return Ok(());
            }
            self.ignored_bytes += meta.len();
        }
        self.found.own += u64::from(!ignored);
        self.found.bytes += meta.len();
        self.found.kept.push(below);
        Ok(())
    }

    /// Whether the file is just what a checkout would write.
    fn is_as(&self, below: &Path, meta: &Metadata, tracked: &Tracked) -> Result<bool, WorktreeError> {
        let path = self.root.join(below);
        let content = match tracked.mode {
            0o120_000 if meta.is_symlink() => {
                let target = fs::read_link(&path).map_err(WorktreeError::io("read the link", &path))?;
                target.into_os_string().into_encoded_bytes()
            }
            0o100_644 | 0o100_755 if meta.is_file() => {
                let wanted = if tracked.mode == 0o100_755 { 0o777 } else { 0o666 } & !self.umask;
                if meta.permissions().mode() & 0o7777 != wanted {
                    return Ok(false);
                }
                fs::read(&path).map_err(WorktreeError::io("read", &path))?
            }
            _ => return Ok(false),
        };
        let id = gix::objs::compute_hash(self.hash, gix::objs::Kind::Blob, &content);
        Ok(id.is_ok_and(|id| id == tracked.id))
    }
}

/// Reads `MODE TYPE ID TAB PATH` (git-ls-tree(1)); submodules are no files.
fn tracked(line: &[u8]) -> Option<(Vec<u8>, Tracked)> {
    let tab = line.iter().position(|b| *b == b'\t')?;
    let text = std::str::from_utf8(&line[..tab]).ok()?;
    let mut words = text.split(' ');
    let mode = u32::from_str_radix(words.next()?, 8).ok()?;
    let id = gix::ObjectId::from_hex(words.nth(1)?.as_bytes()).ok()?;
    (mode != 0o160_000).then(|| (line[tab + 1..].to_vec(), Tracked { mode, id }))
}

/// The permissions that a new file of this process does not get (proc_pid_status(5)).
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
}

/// A number that changes when anything that an inventory looks at does.
///
/// # Errors
/// When something can't be looked at.
pub(crate) fn fingerprint(root: &Path, ignored: &Ignored) -> Result<u64, WorktreeError> {
    let mut hasher = DefaultHasher::new();
    let mut open = vec![(PathBuf::new(), false)];
    while let Some((inside, in_ignored)) = open.pop() {
        let folder = root.join(&inside);
        let read = || fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>();
        let mut entries = read().map_err(WorktreeError::io("look into", &folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let meta = entry.metadata().map_err(WorktreeError::io("look at", entry.path()))?;
            let below = inside.join(entry.file_name());
            below.hash(&mut hasher);
            if meta.is_dir() {
                let in_ignored = in_ignored || ignored.has_folder(&below);
                if !(in_ignored && is_rebuildable(&entry.file_name())) {
                    open.push((below, in_ignored));
                }
            } else {
                (meta.len(), meta.ino(), meta.mode(), meta.mtime(), meta.mtime_nsec(), meta.ctime_nsec())
                    .hash(&mut hasher);
            }
        }
    }
    Ok(hasher.finish())
}
