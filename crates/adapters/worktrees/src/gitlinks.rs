//! Commits of other repositories that a tree names: submodules, and what a careless `git add` made of a repository inside.
//! Everyone who gets the tree must be able to get the commit too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::error::WorktreeError;
use crate::repository::Repository;

/// A commit that a tree names.
struct Gitlink {
    path: String,
    commit: String,
}

impl Repository {
    /// The commits of other repositories that the tree or commit `to` names and `from` did not, as far as not everyone could
    /// get them; each with the reason. `worktree` is where the work was done.
    ///
    /// # Errors
    /// When git can't compare them.
    pub(crate) fn lost_gitlinks(&self, from: &str, to: &str, worktree: &Path) -> Result<Vec<String>, WorktreeError> {
        let links = self.new_gitlinks(from, to)?;
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let modules = self.submodules_of(to)?;
        let mut reasons = Vec::new();
        for Gitlink { path, commit } in links {
            let short = &commit[..commit.len().min(7)];
            let Some(name) = modules.get(&path) else {
                reasons.push(format!("{path} is a repository of its own and no submodule; its files are in no commit"));
                continue;
            };
            let clones = self.clones_of(name, &path, worktree);
            if !clones.iter().any(|clone| is_published(clone, &commit)) {
                reasons
                    .push(format!("{path} is at {short}, which no remote of it is known to have; push it there first"));
            }
        }
        Ok(reasons)
    }

    fn new_gitlinks(&self, from: &str, to: &str) -> Result<Vec<Gitlink>, WorktreeError> {
        let words = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", from, to];
        let out = self.git().args(&words).run()?;
        // `:OLD_MODE NEW_MODE OLD_ID NEW_ID STATUS`, then the path (git-diff-tree(1), raw format).
        let mut parts = out.split(|b| *b == 0);
        let mut links = Vec::new();
        while let (Some(raw), Some(path)) = (parts.next().filter(|raw| !raw.is_empty()), parts.next()) {
            let raw = String::from_utf8_lossy(raw).into_owned();
            let mut fields = raw.split(' ');
            if fields.nth(1) == Some("160000") {
                let commit = fields.nth(1).unwrap_or_default().to_owned();
                links.push(Gitlink { path: String::from_utf8_lossy(path).into_owned(), commit });
            }
        }
        Ok(links)
    }

    /// The names of submodules by their paths, as `.gitmodules` of a tree or commit says (gitmodules(5)).
    fn submodules_of(&self, tree: &str) -> Result<BTreeMap<String, String>, WorktreeError> {
        let Some(text) = self.file_at(tree, ".gitmodules")? else { return Ok(BTreeMap::new()) };
        let file = gix::config::File::from_bytes_no_includes(
            text.as_bytes(),
            gix::config::file::Metadata::api(),
            gix::config::file::init::Options::default(),
        );
        // A file that nobody can read names no submodule.
        let Ok(file) = file else { return Ok(BTreeMap::new()) };
        let named = file.sections().filter_map(|section| {
            let name = section.header().subsection_name()?.to_str_lossy().into_owned();
            Some((section.value("path")?.to_str_lossy().into_owned(), name))
        });
        Ok(named.collect())
    }

    /// The git folders in which the submodule may be cloned here: the main checkout's, and the worktree's own.
    fn clones_of(&self, name: &str, path: &str, worktree: &Path) -> Vec<PathBuf> {
        let own = self.check_linked(worktree).map(|git_dir| git_dir.join("modules").join(name));
        let usual = [self.common_dir().join("modules").join(name), self.main().join(path).join(".git")];
        usual
            .into_iter()
            .chain(own)
            .filter(|folder| fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()))
            .collect()
    }
}

/// Whether a remote-tracking branch of this clone has the commit. The clone may be an agent's, so nothing of it is run.
fn is_published(clone: &Path, commit: &str) -> bool {
    let look = || -> Option<bool> {
        let options = gix::open::Options::isolated().open_path_as_is(true).with(gix::sec::Trust::Full);
        let repo = gix::open_opts(clone, options).ok()?;
        let wanted = gix::ObjectId::from_hex(commit.as_bytes()).ok()?;
        repo.find_commit(wanted).ok()?;
        let refs = repo.references().ok()?;
        for mut known in refs.prefixed("refs/remotes/").ok()?.filter_map(Result::ok) {
            let Ok(tip) = known.peel_to_id() else { continue };
            if repo.merge_base(wanted, tip).is_ok_and(|base| base.is_some_and(|base| base == wanted)) {
                return Some(true);
            }
        }
        Some(false)
    };
    look().unwrap_or(false)
}
