//! Finding the repository that a request is about.

use std::path::PathBuf;

use domain::RunId;
use protocol::{Refused, Request};
use worktrees::Repository;

use super::{Lane, Performer};
use crate::input::{FaceId, Input};
use crate::settings_of;

/// The one thing that all requests of agents count as where threads are shared out.
const OF_RUNS: &str = "runs";

impl Performer {
    /// Finds the repository that a request's folder lies in. Whatever folders the agents of all runs name, a part of the
    /// threads is for persons.
    pub(crate) fn find_repository(&self, face: FaceId, id: u64, is_person: bool, request: Request, folder: PathBuf) {
        let inputs = self.inputs.clone();
        let of = if is_person { folder.to_string_lossy().into_owned() } else { OF_RUNS.to_owned() };
        self.lanes.push(Lane::Finding, &of, move || {
            let found = Repository::find(&folder).map_err(settings_of::refused);
            let input = match found {
                Ok(repo) => {
                    let repo = Some(repo.main().to_string_lossy().into_owned());
                    Input::Scoped { face, id, request, repo }
                }
                Err(refused) => scope_failed(face, id, request, refused),
            };
            let _stopping = inputs.send(input);
        });
    }
}

/// Returns what follows where a folder's repository was not found: RUN given by its id works from anywhere; everything
/// else that needs a repository is refused.
fn scope_failed(face: FaceId, id: u64, request: Request, refused: Refused) -> Input {
    let by_id = |text: &String| RunId::parse(text).is_some();
    let works = match &request {
        Request::Row { run, .. }
        | Request::Answer { run, .. }
        | Request::Diff { run, .. }
        | Request::Explain { run, .. } => by_id(run),
        Request::Act { runs, .. } | Request::Removable { runs, .. } => runs.iter().all(by_id),
        _ => false,
    };
    if works {
        return Input::Scoped { face, id, request, repo: None };
    }
    Input::Refused { face, id, refused }
}
