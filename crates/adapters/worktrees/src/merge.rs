//! Bringing a run's work into its base, so that whoever is killed on the way leaves the base as it was or as it should be.

use domain::gate::Method;

use crate::base_use::BranchUse;
use crate::error::WorktreeError;
use crate::merge_tree::merge_tree;
use crate::repository::Repository;

/// A merge that is to be done: the work, its base, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseMerge<'a> {
    /// The run's id.
    pub run: &'a str,
    pub method: Method,
    /// Full ids of the work's commit, and of the commit that the base must be at.
    pub head: &'a str,
    pub before: &'a str,
    /// The base's short name.
    pub onto: &'a str,
    /// The message of a commit that is made for the merge.
    pub message: &'a str,
}

impl Repository {
    /// Merges; returns the full id of the commit that the base is at then. The commit is made first and kept under
    /// `refs/pilothouse/<run>/merging/<head>/<before>`; then the base is moved in one step: its ref by compare-and-swap, or, where it is
    /// checked out, by a fast-forward there. Doing it again after an interruption finds out whether that step was taken.
    ///
    /// `lives` says whether anything of a run lives.
    ///
    /// # Errors
    /// When the base is no branch here, moved or is in use, the work does not fit or changes nothing, or changes in a checkout of
    /// the base are in the way.
    pub fn merge(&self, merging: &BaseMerge<'_>, lives: &dyn Fn(&str) -> bool) -> Result<String, WorktreeError> {
        let lock = self.lock()?;
        let full = format!("refs/heads/{}", merging.onto);
        let marker = format!("refs/pilothouse/{}/merging/{}/{}", merging.run, merging.head, merging.before);
        let Some(tip) = self.at_ref(&full)? else { return Err(WorktreeError::NoBranch(merging.onto.to_owned())) };
        for made in self.made_before(merging)? {
            if self.is_ancestor(&made, &tip)? {
                return Ok(made);
            }
        }
        if tip != merging.before {
            return Err(WorktreeError::BaseMoved { base: merging.onto.to_owned(), to: tip });
        }
        self.check_identity()?;
        let place = self.use_of(merging.onto, lives)?;
        let made = self.make(merging)?;
        if self.tree_of(&made)? == self.tree_of(merging.before)? {
            return Err(WorktreeError::NotAsItIs(format!("merged it would change nothing of {}", merging.onto)));
        }
        self.git().holding(&lock)?.args(&["update-ref", &marker, &made]).run()?;
        match place {
            BranchUse::CheckedOut(path) => self.fast_forward(&path, merging, &made, &lock)?,
            BranchUse::Free => {
                let words = ["update-ref", "--no-deref", "-m", "pilothouse: merge", &full, &made, merging.before];
                self.git().holding(&lock)?.args(&words).run()?;
            }
        }
        // Whatever git was set up to do instead, it is not told as a merge.
        match self.at_ref(&full)? {
            Some(tip) if tip == made => Ok(made),
            other => {
                let message = format!("{} is at {} and not at {made}", merging.onto, other.unwrap_or_default());
                Err(WorktreeError::Git { command: "merge".to_owned(), message })
            }
        }
    }

    /// Returns the commits that earlier tries made for the same work. One of them is the work's own head where that was
    /// to be fast-forwarded to; then too it is in the base only when the work is.
    fn made_before(&self, merging: &BaseMerge<'_>) -> Result<Vec<String>, WorktreeError> {
        let folder = format!("refs/pilothouse/{}/merging/{}/", merging.run, merging.head);
        let out = self.git().args(&["for-each-ref", "--format=%(objectname)", &folder]).run()?;
        Ok(String::from_utf8_lossy(&out).lines().map(str::to_owned).collect())
    }

    /// The commit that a ref is at; `None` when there is no such ref.
    pub(crate) fn at_ref(&self, full: &str) -> Result<Option<String>, WorktreeError> {
        if !self.only_git {
            let repo = self.open()?;
            let found = repo.try_find_reference(full).ok().flatten();
            return Ok(found.and_then(|mut found| found.peel_to_id().ok().map(|id| id.to_string())));
        }
        let line = self.git().args(&["for-each-ref", "--format=%(refname) %(objectname)", full]).line()?;
        Ok(line.split_once(' ').filter(|(name, _)| *name == full).map(|(_, id)| id.to_owned()))
    }

    fn is_ancestor(&self, one: &str, other: &str) -> Result<bool, WorktreeError> {
        let output = self.git().args(&["merge-base", "--is-ancestor", one, other]).output()?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => {
                let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(WorktreeError::Git { command: "merge-base".to_owned(), message })
            }
        }
    }

    /// Makes the commit that the base is to be at; returns its full id.
    fn make(&self, merging: &BaseMerge<'_>) -> Result<String, WorktreeError> {
        let (before, head) = (merging.before, merging.head);
        match merging.method {
            Method::Squash => {
                let tree = self.merged_tree(None, before, head)?;
                self.commit(&tree, &[before], merging.message, None)
            }
            Method::Merge => {
                let tree = self.merged_tree(None, before, head)?;
                self.commit(&tree, &[before, head], merging.message, None)
            }
            Method::Rebase if self.is_ancestor(before, head)? => Ok(head.to_owned()),
            Method::Rebase => self.rebased(before, head),
        }
    }

    /// Makes each of the work's commits anew on top of the one before it, with its own author and message; one that
    /// changes nothing there is left out.
    fn rebased(&self, before: &str, head: &str) -> Result<String, WorktreeError> {
        let range = format!("{before}..{head}");
        if !self.git().args(&["rev-list", "--merges", "--max-count=1", &range]).line()?.is_empty() {
            let message = "it has merge commits, which can't be rebased; choose squash or merge".to_owned();
            return Err(WorktreeError::Git { command: "rebase".to_owned(), message });
        }
        let commits = self.git().args(&["rev-list", "--reverse", "--topo-order", &range]).run()?;
        let mut on = before.to_owned();
        for commit in String::from_utf8_lossy(&commits).lines() {
            let tree = self.merged_tree(Some(&format!("{commit}^")), &on, commit)?;
            if tree == self.tree_of(&on)? {
                continue;
            }
            let said =
                self.git().args(&["show", "--no-patch", "--format=%an%x00%ae%x00%ad%x00%B", "--date=raw", commit]);
            let said = String::from_utf8_lossy(&said.run()?).into_owned();
            let mut parts = said.splitn(4, '\0');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            let author = [part(), part(), part()];
            let message = part();
            on = self.commit(&tree, &[&on], message.trim_end(), Some(&author))?;
        }
        Ok(on)
    }

    /// Returns the tree of two commits together.
    fn merged_tree(&self, base: Option<&str>, ours: &str, theirs: &str) -> Result<String, WorktreeError> {
        let together = merge_tree(self.git(), base, ours, theirs)?;
        if together.conflicts.is_empty() {
            return Ok(together.tree);
        }
        let message = format!("conflicts in {}", together.conflicts.join(", "));
        Err(WorktreeError::Git { command: "merge-tree".to_owned(), message })
    }

    /// A commit that no ref knows yet; `author` is name, address and date where it is not the person.
    fn commit(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: Option<&[String; 3]>,
    ) -> Result<String, WorktreeError> {
        let mut git = self.git().args(&["commit-tree", "--no-gpg-sign", tree]);
        for parent in parents {
            git = git.args(&["-p", parent]);
        }
        let git = match author {
            Some([name, address, date]) => git.author(name, address, Some(date)),
            None => git,
        };
        let out = git.args(&["-F", "-"]).input(message.as_bytes())?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }
}
