//! What a run wrote outside of its worktree, as its row has it.

use domain::RunState;
use domain::event::NAMED;
use domain::figures;

use super::Row;

/// Paths that it is proven to have written, absolute.
pub(super) fn paths(run: &RunState) -> Vec<String> {
    let worktree = run.spec.as_ref().map(|spec| spec.worktree.as_str()).unwrap_or_default();
    run.escapes.iter().map(|escape| escape.plain_path(worktree)).collect()
}

/// Returns the paths that lie in this folder, as they are named from there.
fn below<'a>(paths: &'a [String], folder: &str) -> Vec<&'a str> {
    paths.iter().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/')).collect()
}

/// Why a person should look there, where they work themselves; what lies elsewhere may be an agent's own.
pub(super) fn says(run: &RunState) -> Option<String> {
    let repo = run.spec.as_ref()?.repo.as_str();
    let paths = paths(run);
    let names: Vec<String> = below(&paths, repo).into_iter().map(str::to_owned).collect();
    (!names.is_empty()).then(|| format!("wrote into your main checkout: {}", figures::first_of(&names, NAMED)))
}

impl Row {
    /// Whether it is proven to have written where the person works.
    pub fn wrote_into_main(&self) -> bool {
        !below(&self.escapes, &self.repo).is_empty()
    }

    /// `wrote outside of its worktree: /home/me/shop/a, /tmp/b and 2 more`; `None` where nothing is proven.
    pub fn escapes_say(&self) -> Option<String> {
        let named = || figures::first_of(&self.escapes, NAMED);
        (!self.escapes.is_empty()).then(|| format!("wrote outside of its worktree: {}", named()))
    }
}
