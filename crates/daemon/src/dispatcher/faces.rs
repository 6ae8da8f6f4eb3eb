//! The clients that are connected, what each watches, and what each is sent.

use std::collections::{BTreeMap, BTreeSet};

use domain::RunId;
use domain::key_values::KeyValues;
use protocol::{Base, Disk, FromDaemon, Reply, Row, Today};
use tokio::sync::mpsc::Sender;

use crate::input::FaceId;

struct Face {
    is_person: bool,
    sender: Sender<FromDaemon>,
    /// The keys that are set where the client is, which count for what it asks for.
    keys: KeyValues,
    /// `Some(None)` watches all repositories, `Some(Some(repo))` one.
    watches: Option<Option<String>>,
    looks_at: Option<RunId>,
    knows_base: bool,
    /// The sums of today that the client was told last.
    today: Option<Today>,
    /// The agents started by hand that the client was told of last.
    observed: Vec<Row>,
}

#[derive(Default)]
pub(super) struct Faces {
    faces: BTreeMap<FaceId, Face>,
}

impl Faces {
    pub(super) fn open(&mut self, id: FaceId, is_person: bool, sender: Sender<FromDaemon>, degraded: Option<&str>) {
        self.faces.insert(
            id,
            Face {
                is_person,
                sender,
                keys: KeyValues::default(),
                watches: None,
                looks_at: None,
                knows_base: false,
                today: None,
                observed: Vec::new(),
            },
        );
        if let Some(reason) = degraded {
            self.send(id, FromDaemon::Degraded { reason: Some(reason.to_owned()) });
        }
    }

    pub(super) fn close(&mut self, id: FaceId) {
        self.faces.remove(&id);
    }

    pub(super) fn is_person(&self, id: FaceId) -> bool {
        self.faces.get(&id).is_some_and(|face| face.is_person)
    }

    pub(super) fn take_keys(&mut self, id: FaceId, keys: KeyValues) {
        if let Some(face) = self.faces.get_mut(&id) {
            face.keys = keys;
        }
    }

    /// Returns the keys that are set where a client is.
    pub(super) fn keys(&self, id: FaceId) -> KeyValues {
        self.faces.get(&id).map(|face| face.keys.clone()).unwrap_or_default()
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.faces.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn watch(&mut self, id: FaceId, repo: Option<String>, observed: Vec<Row>) {
        if let Some(face) = self.faces.get_mut(&id) {
            face.watches = Some(repo);
            face.observed = observed;
        }
    }

    /// Tells clients that watch of agents that were started by hand, if it is anything new to them.
    pub(super) fn observed(&mut self, rows: &[Row]) {
        let mut frames = Vec::new();
        for (id, face) in &mut self.faces {
            let Some(scope) = &face.watches else { continue };
            let wanted = |row: &&Row| scope.as_ref().is_none_or(|repo| *repo == row.repo);
            let rows: Vec<Row> = rows.iter().filter(wanted).cloned().collect();
            if rows != face.observed {
                face.observed.clone_from(&rows);
                frames.push((*id, FromDaemon::Observed { rows }));
            }
        }
        for (face, frame) in frames {
            self.send(face, frame);
        }
    }

    pub(super) fn look(&mut self, id: FaceId, run: Option<RunId>) {
        if let Some(face) = self.faces.get_mut(&id) {
            face.looks_at = run;
        }
    }

    pub(super) fn looks_at(&self, run: &RunId) -> bool {
        self.faces.values().any(|face| face.looks_at.as_ref() == Some(run))
    }

    pub(super) fn reply(&mut self, face: FaceId, id: u64, reply: Reply) {
        self.send(face, FromDaemon::Reply { id, reply });
    }

    /// Sends changed rows and new events to the clients that want them.
    pub(super) fn show(&mut self, rows: &[Row], lines: &BTreeMap<RunId, Vec<String>>) {
        let mut frames = Vec::new();
        for (id, face) in &self.faces {
            if let Some(scope) = &face.watches {
                let wanted = |row: &&Row| scope.as_ref().is_none_or(|repo| *repo == row.repo);
                let rows: Vec<Row> = rows.iter().filter(wanted).cloned().collect();
                if !rows.is_empty() {
                    frames.push((*id, FromDaemon::Rows { rows }));
                }
            }
            if let Some((run, lines)) = face.looks_at.as_ref().and_then(|run| lines.get_key_value(run)) {
                frames.push((*id, FromDaemon::Events { run: run.clone(), lines: lines.clone() }));
            }
        }
        for (face, frame) in frames {
            self.send(face, frame);
        }
    }

    /// Whether any client watches rows.
    pub(super) fn any_watches(&self) -> bool {
        self.faces.values().any(|face| face.watches.is_some())
    }

    /// Tells clients that watch how much room there is.
    pub(super) fn disk(&mut self, disk: Disk) {
        let watching = self.faces.iter().filter(|(_, face)| face.watches.is_some());
        let ids: Vec<FaceId> = watching.map(|(id, _)| *id).collect();
        for id in ids {
            self.send(id, FromDaemon::Disk { disk });
        }
    }

    /// Tells clients that watch what was used today, if it is anything new to them.
    pub(super) fn today(&mut self, today: Today) {
        let new = |face: &Face| face.watches.is_some() && face.today != Some(today);
        let ids: Vec<FaceId> = self.faces.iter().filter(|(_, face)| new(face)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(face) = self.faces.get_mut(&id) {
                face.today = Some(today);
            }
            self.send(id, FromDaemon::Today { today });
        }
    }

    /// Returns the repositories that clients watch alone.
    pub(super) fn repositories(&self) -> BTreeSet<String> {
        self.faces.values().filter_map(|face| face.watches.clone().flatten()).collect()
    }

    /// Tells clients that watch this repository alone where its runs begin: all of them when it is `new`, else those
    /// that have not been told.
    pub(super) fn base(&mut self, base: &Base, new: bool) {
        let watching = |face: &Face| face.watches.as_ref().is_some_and(|repo| repo.as_ref() == Some(&base.repo));
        let wanting = self.faces.iter_mut().filter(|(_, face)| watching(face) && (new || !face.knows_base));
        let ids: Vec<FaceId> = wanting
            .map(|(id, face)| {
                face.knows_base = true;
                *id
            })
            .collect();
        for id in ids {
            self.send(id, FromDaemon::Base { base: base.clone() });
        }
    }

    pub(super) fn degraded(&mut self, reason: Option<&str>) {
        let ids: Vec<FaceId> = self.faces.keys().copied().collect();
        for id in ids {
            self.send(id, FromDaemon::Degraded { reason: reason.map(str::to_owned) });
        }
    }

    /// Sends a frame to a client. One that does not keep up is let go: it can come back and see everything anew, while
    /// waiting for it would hold up the others.
    fn send(&mut self, id: FaceId, frame: FromDaemon) {
        let kept_up = self.faces.get(&id).is_none_or(|face| face.sender.try_send(frame).is_ok());
        if !kept_up {
            self.faces.remove(&id);
        }
    }

    /// Lets every client go; returns how many there were.
    pub(super) fn say_goodbye(&mut self) -> usize {
        std::mem::take(&mut self.faces).len()
    }
}
