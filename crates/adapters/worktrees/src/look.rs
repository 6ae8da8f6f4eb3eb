//! Looking at a worktree whose agent may be at work: git reads copies of the worktree's own git files, made in a folder
//! that nobody else writes to, so that nothing can be changed between the check and the look.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::admin_file::{open_regular, read_small};
use crate::error::WorktreeError;
use crate::git::{Git, Site};
use crate::linked::Linked;
use crate::own_store::{OwnStore, head_for};
use crate::private;
use crate::repository::{Repository, open_trusted};

/// A worktree as it was a moment ago. Its index is a copy: what is added to it is seen by nobody else.
pub(crate) struct WorktreeLook {
    /// The main checkout is a person's own and is looked at in place.
    copies: Option<TempDir>,
    site: Site,
}

impl Repository {
    /// Copies what git needs to know of the worktree at `path`.
    ///
    /// # Errors
    /// When it is no worktree of this repository, or one of its git files is none that git could have made.
    pub(crate) fn look(&self, path: &Path) -> Result<WorktreeLook, WorktreeError> {
        if path == self.main() && self.has_checkout {
            return Ok(WorktreeLook { copies: None, site: self.site() });
        }
        WorktreeLook::at(self, &self.linked(path)?)
    }
}

impl WorktreeLook {
    pub(crate) fn at(repo: &Repository, linked: &Linked) -> Result<Self, WorktreeError> {
        let make = |folder: io::Result<TempDir>| {
            let folder = folder.map_err(WorktreeError::io("make a temporary folder for", "git"))?;
            Self::copied_to(folder, repo, linked)
        };
        match make(private::folder("look")) {
            // A full disk of the state folder's is no reason not to look.
            Err(WorktreeError::DiskFull(_)) => make(private::elsewhere("look")),
            done => done,
        }
    }

    fn copied_to(copies: TempDir, repo: &Repository, linked: &Linked) -> Result<Self, WorktreeError> {
        let fail = |error: io::Error| WorktreeError::io("copy the git files of", linked.path.clone())(error);
        let (settings, _) = linked.own_settings(repo)?;
        if let Some(store) = &linked.store {
            repo.take_over(linked, store)?;
        }
        copy(repo, linked, copies.path()).map_err(fail)?;
        let write = |name: &str, bytes: &[u8]| {
            create(&copies.path().join(name)).and_then(|mut f| io::Write::write_all(&mut f, bytes))
        };
        let pointer = |path: &Path| [path.as_os_str().as_encoded_bytes(), b"\n"].concat();
        write("commondir", &pointer(repo.common_dir())).map_err(fail)?;
        write("gitdir", &pointer(&linked.path.join(".git"))).map_err(fail)?;
        if !settings.is_empty() {
            write("config.worktree", settings.as_bytes()).map_err(fail)?;
        }
        let site = Site {
            git_dir: copies.path().to_owned(),
            common: repo.common_dir().to_owned(),
            work_tree: Some(linked.path.clone()),
            beside: linked.store.iter().map(OwnStore::objects).collect(),
        };
        Ok(Self { copies: Some(copies), site })
    }

    /// A call of git on what was copied.
    pub(crate) fn git(&self) -> Git {
        Git::within(&self.site)
    }

    /// Objects that only the worktree's own store may have are read too.
    pub(crate) fn has_own_store(&self) -> bool {
        !self.site.beside.is_empty()
    }

    /// The worktree as gix reads it.
    pub(crate) fn gix(&self) -> Result<gix::Repository, WorktreeError> {
        let at = match &self.copies {
            Some(copies) => copies.path(),
            None => self.site.work_tree.as_deref().unwrap_or(&self.site.git_dir),
        };
        open_trusted(at)
    }
}

/// Copies HEAD, the index with the files that it shares, and which files a sparse checkout has.
fn copy(repo: &Repository, linked: &Linked, to: &Path) -> io::Result<()> {
    let head = read_small(&linked.git_dir.join("HEAD"))?.unwrap_or_default();
    let stands_at = linked.store.as_ref().and_then(|store| head_for(repo, store, &head));
    let head = stands_at.map_or(head, |id| format!("{id}\n").into_bytes());
    create(&to.join("HEAD")).and_then(|mut file| io::Write::write_all(&mut file, &head))?;
    copy_large(&linked.git_dir.join("index"), &to.join("index"))?;
    for entry in fs::read_dir(&linked.git_dir)?.flatten() {
        // An index may be split (git-update-index(1)): the larger part is beside it.
        if entry.file_name().as_encoded_bytes().starts_with(b"sharedindex.") {
            copy_large(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    // A reftable repository keeps a worktree's HEAD in tables.
    let tables = linked.git_dir.join("reftable");
    if fs::symlink_metadata(&tables).is_ok_and(|meta| meta.is_dir()) {
        private::make(&to.join("reftable"))?;
        for entry in fs::read_dir(&tables)?.flatten() {
            copy_large(&entry.path(), &to.join("reftable").join(entry.file_name()))?;
        }
    }
    let sparse = Path::new("info/sparse-checkout");
    private::make(&to.join("info"))?;
    copy_large(&linked.git_dir.join(sparse), &to.join(sparse))
}

/// Copies a regular file, if it is there, with its time: git takes a file that was written after its index for one to be
/// read again, so a copy that looks younger than the index would hide changes.
fn copy_large(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = match open_regular(from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut copy = create(to)?;
    io::copy(&mut file, &mut copy)?;
    copy.set_modified(file.metadata()?.modified()?)
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}
