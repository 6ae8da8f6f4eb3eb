//! Where a run that begins now would begin: told to those who watch one repository, and looked at once a minute.

use protocol::Base;

use super::Dispatcher;

impl Dispatcher {
    /// Has the repositories that are watched looked at, off this thread.
    pub(super) fn look_at_bases(&self) {
        for repo in self.faces.repositories() {
            self.performer.base(repo);
        }
    }

    /// Tells of a base that is another one now, and everyone of it who has not been told.
    pub(super) fn based(&mut self, base: Base) {
        let is_news = self.bases.told.get(&base.repo) != Some(&base);
        self.faces.base(&base, is_news);
        if is_news {
            self.compare_with_base(&base.repo);
        }
        self.bases.told.insert(base.repo.clone(), base);
    }
}
