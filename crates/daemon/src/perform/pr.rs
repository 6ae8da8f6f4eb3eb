//! Telling a forge of a run's work.

use domain::Body;
use domain::decide::Facts;
use domain::effect::Outcome;
use domain::event::{PullOpened, ReviewGiven};
use domain::pull_request::{LOCAL, PullWork};
use forge::{Forge, Local, NewPull, Update};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use super::effect_error::EffectError;
use super::job::{Job, Performed, failed};
use crate::places::DaemonPlaces;

/// Most characters of a title.
const TITLE: usize = 120;

/// The characters that are percent-encoded in the path of a URL: all but the unreserved ones (RFC 3986, 2.3) and the
/// slash.
const AS_THEY_ARE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Has the pull request of a run show its work. Forges take the same word twice, so it may be done again.
pub(super) fn deliver(places: &DaemonPlaces, job: &Job, work: &PullWork) -> Performed {
    match told(places, job, work) {
        Ok(pull) => (Outcome::Done, Facts::Delivered(Box::new(pull))),
        Err(reason) => failed(reason),
    }
}

/// Returns the forge that a run's settings name.
pub(super) fn forge(places: &DaemonPlaces, job: &Job) -> Result<impl Forge, EffectError> {
    let spec = &job.spec;
    match spec.deliver.forge.as_deref() {
        Some(LOCAL) => Ok(Local::of(&places.home, &spec.repo)),
        Some(other) => Err(format!("there is no forge {other:?} here; set deliver.forge = \"{LOCAL}\"").into()),
        None => Err("its settings say that nothing is delivered".into()),
    }
}

/// Most bytes of the summary of a pack.
const LARGEST_SUMMARY: u64 = 16 << 20;

fn told(places: &DaemonPlaces, job: &Job, work: &PullWork) -> Result<PullOpened, EffectError> {
    let (spec, forge) = (&job.spec, forge(places, job)?);
    let folder = places.home.join("runs").join(spec.id.as_str());
    let pack = folder.join("proof").join(work.pack.to_string());
    // A pack may have been cleared away; the pull request goes on without its text.
    let body = evidence::read_plain(&pack.join("summary.md"), LARGEST_SUMMARY).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    // A forge on this machine has no pages: what a reviewer reads is the pack's.
    let page = pack.join("proof.html");
    let url = format!("file://{}", percent_encoding::percent_encode(page.as_os_str().as_encoded_bytes(), AS_THEY_ARE));
    let update = Update { body: &body, url: Some(&url), work };
    let title: String = domain::text::line(spec.task.lines().next().unwrap_or_default()).chars().take(TITLE).collect();
    let new = NewPull { run: spec.id.as_str(), branch: &spec.branch, base: &spec.base, title: &title, update };
    let mut pull = forge.open(&new)?;
    if let Some((event, given)) = work.review.and_then(|event| Some((event, review(places, job, event)?))) {
        pull = forge.review(pull.number, event, &given)?;
    }
    Ok(PullOpened { forge: forge.name().to_owned(), number: pull.number, url: pull.url, work: pull.work })
}

/// Returns the verdict that was given with this event.
fn review(places: &DaemonPlaces, job: &Job, event: u64) -> Option<ReviewGiven> {
    let state = evidence::StateFolder::open(&places.home).ok()?;
    let events = evidence::read(state.run(&job.spec.id).path()).ok()?;
    events.into_iter().find(|known| known.seq == event).and_then(|known| match known.body {
        Body::ReviewGiven(given) => Some(given),
        _ => None,
    })
}
