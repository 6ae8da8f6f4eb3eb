//! What every keeper of a run is started with, be it for an agent or for set-up commands.

use domain::git_variables::trusted_folders;
use domain::policy::Policy;
use supervisor::KeeperStart;

use super::effect_error::EffectError;
use super::job::Job;
use super::living::living;
use super::{Performer, scratch};
use crate::places::DaemonPlaces;

/// Makes the run's own folders ready, the one for temporary files anew, where nothing of the run lives any more.
pub(super) fn ready(places: &DaemonPlaces, job: &Job) -> Result<(), EffectError> {
    match living(places, &job.spec.id).len() {
        0 => scratch::make(places, &job.spec),
        alive => Err(format!("{}; terminate it first", domain::figures::living(alive)).into()),
    }
}

/// Returns the start of a program on pipes in the worktree `cwd`, told nothing and read as text.
pub(super) fn start(places: &DaemonPlaces, performer: &Performer, job: &Job, cwd: String) -> KeeperStart {
    let spec = &job.spec;
    let tmp = scratch::path(places, &spec.id).to_string_lossy().into_owned();
    // What commands and agents in a worktree may want to know of where they are.
    let variables = [
        ("TMPDIR", tmp.as_str()),
        ("REPO_ROOT", &spec.repo),
        ("ROOT_WORKTREE_PATH", &spec.repo),
        ("WORKTREE_PATH", &cwd),
        ("BRANCH", &spec.branch),
    ];
    // Most programs keep theirs below the first; npm has a place of its own.
    let cache = scratch::cache(places, spec).map(|path| path.to_string_lossy().into_owned());
    let caches = cache.into_iter().flat_map(|path| {
        [("XDG_CACHE_HOME".to_owned(), path.clone()), ("npm_config_cache".to_owned(), format!("{path}/npm"))]
    });
    // Commands run what the agent wrote, so they are held inside as it is.
    let inside = (spec.policy == Policy::Sandboxed).then(|| {
        let caches = scratch::cache(places, spec).map(|path| path.to_string_lossy().into_owned());
        [cwd.clone(), tmp.clone()].into_iter().chain(caches).collect()
    });
    KeeperStart {
        run: spec.id.to_string(),
        home: places.home.to_string_lossy().into_owned(),
        program: String::new(),
        args: Vec::new(),
        reads: agents::Dialect::Plain.name().to_owned(),
        env: {
            let own = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            // What the caller has comes first, so that everything that is set on purpose counts more.
            let trusted = trusted_folders(|name| std::env::var(name).ok());
            trusted.into_iter().chain(spec.caller.clone()).chain(own).chain(caches).collect()
        },
        cwd,
        terminal: None,
        input: Vec::new(),
        close_input: true,
        leave_ms: None,
        unset: Vec::new(),
        metered: false,
        paid_by: None,
        limit_ms: None,
        writable: inside,
        socket: places.runtime.join(format!("{}.{}", spec.id, job.id)),
        // Where that is not known, control groups are used where there are some.
        freezer: performer.settings().map_or(true, |settings| settings.freezer.value),
    }
}
