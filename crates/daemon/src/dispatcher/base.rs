//! Where a run that begins now would begin: told to clients that watch one repository, and looked at once a minute.

use protocol::Base;

use super::Dispatcher;

impl Dispatcher {
    /// Has the bases of the repositories that are watched alone looked at, off this thread.
    pub(super) fn look_at_bases(&self) {
        for repo in self.faces.repositories() {
            self.performer.base(repo);
        }
    }

    /// Takes up a repository's base: tells all clients that watch the repository alone when it is another one now, else
    /// those that have not been told.
    pub(super) fn based(&mut self, base: Base) {
        let is_news = self.bases.told.get(&base.repo) != Some(&base);
        self.faces.base(&base, is_news);
        if is_news {
            self.compare_with_base(&base.repo);
        }
        self.bases.told.insert(base.repo.clone(), base);
    }
}
