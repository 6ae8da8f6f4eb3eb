//! Where branches stand to one another.

use crate::error::WorktreeError;
use crate::repository::Repository;

impl Repository {
    /// Commits that `tip` has and `base` has not, and the other way round.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn ahead_behind(&self, tip: &str, base: &str) -> Result<(u64, u64), WorktreeError> {
        if self.only_git {
            let range = format!("{base}...{tip}");
            let words = ["rev-list", "--left-right", "--count", "--end-of-options", &range];
            let line = self.git().args(&words).line()?;
            let mut counts = line.split_ascii_whitespace().filter_map(|n| n.parse().ok());
            let (behind, ahead) = (counts.next().unwrap_or(0), counts.next().unwrap_or(0));
            return Ok((ahead, behind));
        }
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(self.main())(e.to_string());
        let repo = self.open()?;
        let id = |hex: &str| gix::ObjectId::from_hex(hex.as_bytes()).map_err(|e| fail(&e));
        let (tip, base) = (id(tip)?, id(base)?);
        let count = |from: gix::ObjectId, without: gix::ObjectId| {
            let walk = repo.rev_walk([from]).with_hidden([without]).all().map_err(|e| fail(&e))?;
            walk.map(|step| step.map(|_| 1).map_err(|e| fail(&e))).sum::<Result<u64, WorktreeError>>()
        };
        Ok((count(tip, base)?, count(base, tip)?))
    }

    /// The commit where both histories meet; `None` when they never do.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, WorktreeError> {
        if self.only_git {
            let found = self.git().args(&["merge-base", "--end-of-options", one, other]).output()?;
            let line = String::from_utf8_lossy(&found.stdout).trim().to_owned();
            return Ok(Some(line).filter(|l| found.status.success() && !l.is_empty()));
        }
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(self.main())(e.to_string());
        let repo = self.open()?;
        let id = |hex: &str| gix::ObjectId::from_hex(hex.as_bytes()).map_err(|e| fail(&e));
        Ok(repo.merge_base(id(one)?, id(other)?).ok().flatten().map(|base| base.to_string()))
    }
}
