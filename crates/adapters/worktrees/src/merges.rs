//! Whether work and its base come together, tried in memory: nothing is written to the repository.

use std::collections::BTreeSet;

use gix::merge::tree::ResolutionFailure;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::merge_tree::merge_tree;
use crate::repository::Repository;

impl Repository {
    /// The paths in which two commits (full ids) do not fit together, as git merge-tree(1) would find them; none where
    /// they merge cleanly.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn conflicts(&self, ours: &str, theirs: &str) -> Result<Vec<String>, WorktreeError> {
        if self.only_git {
            return self.conflicts_by_git(ours, theirs);
        }
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(self.main())(e.to_string());
        let repo = self.open()?.with_object_memory();
        let id = |hex: &str| gix::ObjectId::from_hex(hex.as_bytes()).map_err(|e| fail(&e));
        let labels = gix::merge::blob::builtin_driver::text::Labels { ancestor: None, current: None, other: None };
        let options = repo.tree_merge_options().map_err(|e| fail(&e))?;
        let merged = repo.merge_commits(id(ours)?, id(theirs)?, labels, options.into()).map_err(|e| fail(&e))?;
        let how = gix::merge::tree::TreatAsUnresolved::git();
        let mut paths = BTreeSet::new();
        for conflict in merged.tree_merge.conflicts.iter().filter(|conflict| conflict.is_unresolved(how)) {
            let (ours, theirs) = conflict.changes_in_resolution();
            paths.extend([ours.location(), theirs.location()].map(ToString::to_string));
            if matches!(&conflict.resolution, Err(ResolutionFailure::OursRenamedTheirsRenamedDifferently { .. })) {
                // git lists the name that both gave up, too.
                paths.insert(ours.source_location().to_string());
            }
        }
        Ok(paths.into_iter().collect())
    }

    fn conflicts_by_git(&self, ours: &str, theirs: &str) -> Result<Vec<String>, WorktreeError> {
        let aside = tempfile::tempdir().map_err(WorktreeError::io("make a temporary folder for", "git"))?;
        let git = Git::at(self.main()).writing_to(aside.path(), &self.common_dir().join("objects"));
        Ok(merge_tree(git, None, ours, theirs)?.conflicts)
    }
}
