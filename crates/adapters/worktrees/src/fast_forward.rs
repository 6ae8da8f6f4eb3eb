//! Moving a checkout of the base on to the merge: whole, or as it was.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::merge::BaseMerge;
use crate::repository::Repository;

/// Paths that a fast-forward would change in a checkout, as they stand before.
struct CheckoutBefore {
    /// Paths that the fast-forward would add and where nothing stands.
    free: Vec<Vec<u8>>,
    /// Paths that the fast-forward would change or take away and that are as the base has them.
    clean: Vec<Vec<u8>>,
}

/// Arguments that compare contents where times differ: what was copied or touched is no change, and is put back like
/// the rest.
const DIFFERS: [&str; 8] = [
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-relative",
    "--ignore-submodules=dirty",
    "-z",
    "--name-only",
];

impl Repository {
    /// Moves the checkout on. git refuses where changed or new files are in the way, and changes nothing then. Where it fails on
    /// the way, such as on a full disk, what it wrote is taken back.
    pub(crate) fn fast_forward(
        &self,
        path: &Path,
        merging: &BaseMerge<'_>,
        to: &str,
        lock: &File,
    ) -> Result<(), WorktreeError> {
        let git = || -> Result<Git, WorktreeError> {
            let main = path == self.main() && self.has_checkout;
            Ok(if main { self.git() } else { self.git_in(&self.linked(path)?)? }.patient())
        };
        let before = self.before(&git, path, merging.before, to)?;
        let options = format!("branch.{}.mergeOptions=", merging.onto);
        let settings = [options.as_str(), "merge.autoStash=false", "merge.verifySignatures=false", "merge.ff=only"];
        let words =
            ["merge", "--ff-only", "--no-squash", "--quiet", "--no-verify", "--no-autostash", "--no-overwrite-ignore"];
        let settings: Vec<&str> = settings.iter().flat_map(|setting| ["-c", setting]).collect();
        match git()?.fetching().holding(lock)?.args(&settings).args(&words).arg(to).run() {
            Err(WorktreeError::Git { message, .. }) if in_the_way(&message) => {
                Err(WorktreeError::InTheWay { path: path.to_owned(), message })
            }
            Err(error) => {
                before.put_back(&git, path, to)?;
                Err(error)
            }
            Ok(_) => Ok(()),
        }
    }

    fn before(
        &self,
        git: &dyn Fn() -> Result<Git, WorktreeError>,
        path: &Path,
        from: &str,
        to: &str,
    ) -> Result<CheckoutBefore, WorktreeError> {
        let changed = |filter: &str| -> Result<Vec<Vec<u8>>, WorktreeError> {
            let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", filter, "--end-of-options", from, to];
            Ok(split(&self.git().args(&words).run()?))
        };
        let stands = |name: &Vec<u8>| fs::symlink_metadata(path.join(OsStr::from_bytes(name))).is_ok();
        let free = changed("--diff-filter=A")?.into_iter().filter(|name| !stands(name)).collect();
        let dirty: BTreeSet<Vec<u8>> = split(&git()?.args(&DIFFERS).run()?).into_iter().collect();
        let clean =
            changed("--diff-filter=a")?.into_iter().filter(|name| stands(name) && !dirty.contains(name)).collect();
        Ok(CheckoutBefore { free, clean })
    }
}

impl CheckoutBefore {
    /// Takes away what was added, where it is what the merge has or a part of it that could not be written, and puts back what
    /// was changed.
    fn put_back(
        &self,
        git: &dyn Fn() -> Result<Git, WorktreeError>,
        path: &Path,
        to: &str,
    ) -> Result<(), WorktreeError> {
        let tracked: BTreeSet<Vec<u8>> = split(&git()?.args(&["ls-files", "-z"]).run()?).into_iter().collect();
        for name in self.free.iter().filter(|name| !tracked.contains(*name)) {
            let file = path.join(OsStr::from_bytes(name));
            if fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_file() || meta.is_symlink())
                && is_ours(git, &file, name, to)?
            {
                let _gone = fs::remove_file(&file);
                let below = Path::new(OsStr::from_bytes(name));
                let folders = below.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty());
                for folder in folders {
                    if fs::remove_dir(path.join(folder)).is_err() {
                        break;
                    }
                }
            }
        }
        let names: Vec<u8> = self
            .clean
            .iter()
            .filter(|name| tracked.contains(*name))
            .flat_map(|n| [n, b"\0".as_slice()].concat())
            .collect();
        if !names.is_empty() {
            git()?.args(&["checkout-index", "--force", "--quiet", "-z", "--stdin"]).input(&names)?;
        }
        Ok(())
    }
}

/// Whether a file is the merge's, or begins as the merge's does and is shorter.
fn is_ours(
    git: &dyn Fn() -> Result<Git, WorktreeError>,
    file: &Path,
    name: &[u8],
    to: &str,
) -> Result<bool, WorktreeError> {
    let spec = [to.as_bytes(), b":", name].concat();
    let wanted = git()?.args(&["cat-file", "--filters"]).arg(OsStr::from_bytes(&spec)).run()?;
    let has = match fs::symlink_metadata(file) {
        Ok(meta) if meta.is_symlink() => fs::read_link(file).map(|target| target.into_os_string().into_encoded_bytes()),
        Ok(meta) if meta.len() > wanted.len() as u64 => return Ok(false),
        _ => fs::read(file),
    };
    Ok(has.is_ok_and(|has| wanted.starts_with(&has)))
}

fn in_the_way(message: &str) -> bool {
    message.contains("would be overwritten") || message.contains("would lose untracked files")
}

fn split(names: &[u8]) -> Vec<Vec<u8>> {
    names.split(|b| *b == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}
