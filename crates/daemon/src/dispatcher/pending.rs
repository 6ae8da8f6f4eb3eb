//! Requests whose reply waits until what was asked for is done.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::RunId;
use domain::effect::Outcome;
use protocol::{Acted, Code};

use crate::input::FaceId;
use crate::perform::Late;

struct PendingReply {
    face: FaceId,
    id: u64,
    acted: Vec<Acted>,
    waits: BTreeSet<RunId>,
    /// Whether the request is that runs end: what pilothouse does with one that has ended is no part of it.
    ends: bool,
    /// Whether every run that was asked for has been decided.
    complete: bool,
    since: Instant,
}

#[derive(Default)]
pub(super) struct Pending(Vec<PendingReply>);

impl Pending {
    pub(super) fn begin(&mut self, face: FaceId, id: u64, acted: Vec<Acted>, ends: bool) {
        self.0.push(PendingReply {
            face,
            id,
            acted,
            waits: BTreeSet::new(),
            ends,
            complete: false,
            since: Instant::now(),
        });
    }

    pub(super) fn add(&mut self, face: FaceId, id: u64, acted: Acted, waits: Option<RunId>) {
        if let Some(asked) = self.of(face, id) {
            asked.acted.push(acted);
            asked.waits.extend(waits);
        }
    }

    pub(super) fn complete(&mut self, face: FaceId, id: u64) {
        if let Some(asked) = self.of(face, id) {
            asked.complete = true;
        }
    }

    fn of(&mut self, face: FaceId, id: u64) -> Option<&mut PendingReply> {
        self.0.iter_mut().find(|asked| asked.face == face && asked.id == id)
    }

    /// Takes up the end of an effect of this run; a failure is why what was asked for did not happen.
    pub(super) fn heard(&mut self, run: &RunId, outcome: &Outcome, note: Option<&str>) {
        self.hear(run, outcome, note, |_| true);
    }

    /// Takes up that the proof of this run was written or was not: whoever ended the run is told of the failure beside
    /// that it has ended.
    pub(super) fn heard_of_proof(&mut self, run: &RunId, outcome: &Outcome) {
        self.hear(run, outcome, None, |asked| !asked.ends);
        let (Outcome::Failed(why) | Outcome::Refused(why) | Outcome::Unknown(why)) = outcome else { return };
        let note = format!("its proof was not written: {why}");
        self.hear(run, &Outcome::Done, Some(&note), |asked| asked.ends);
    }

    fn hear(&mut self, run: &RunId, outcome: &Outcome, note: Option<&str>, whom: impl Fn(&PendingReply) -> bool) {
        let failure = match outcome {
            Outcome::Done => None,
            Outcome::Refused(reason) => Some((Code::Refused, reason)),
            Outcome::Failed(reason) | Outcome::Unknown(reason) => Some((Code::Failed, reason)),
        };
        for asked in self.0.iter_mut().filter(|asked| asked.waits.contains(run) && whom(asked)) {
            for acted in asked.acted.iter_mut().filter(|acted| acted.run == run.as_str()) {
                if let Some((code, reason)) = failure {
                    acted.code = code;
                    acted.reason = Some(reason.clone());
                }
                acted.note = note.map(str::to_owned).or(acted.note.take());
            }
        }
    }

    pub(super) fn waits(&self) -> bool {
        !self.0.is_empty()
    }

    /// Takes out the requests that have waited this long for runs that are still busy.
    pub(super) fn take_late(&mut self, patience: Duration, why: &str, busy: impl Fn(&RunId) -> bool) -> Vec<Late> {
        let is_late = |asked: &mut PendingReply| {
            asked.complete && asked.since.elapsed() >= patience && asked.waits.iter().any(&busy)
        };
        let late = self.0.extract_if(.., is_late);
        late.map(|asked| Late {
            face: asked.face,
            id: asked.id,
            acted: asked.acted,
            waits: asked.waits.into_iter().filter(&busy).collect(),
            why: why.to_owned(),
        })
        .collect()
    }

    /// Takes out the requests that wait for nothing any more.
    pub(super) fn done(&mut self, busy: impl Fn(&RunId) -> bool) -> Vec<(FaceId, u64, Vec<Acted>)> {
        let (done, open): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|asked| asked.complete && !asked.waits.iter().any(&busy));
        self.0 = open;
        done.into_iter().map(|asked| (asked.face, asked.id, asked.acted)).collect()
    }
}
