//! Making runs: named, written down, queued.

use std::collections::BTreeSet;

use domain::command::NewRun;
use domain::event::{Note, RunCreated, RunQueued};
use domain::{RunId, name};
use evidence::{EvidenceError, Timeline};
use protocol::{Code, Field, Refused, Reply};

use super::Dispatcher;
use crate::input::FaceId;
use crate::prepare::{Mistake, Prepared};
use crate::settings_of::resolved;

impl Dispatcher {
    /// Replies when every run asked for is queued on disk, or with why the first that failed is not.
    pub(super) fn create(&mut self, face: FaceId, id: u64, prepared: Result<Box<Prepared>, Mistake>) {
        let reply = match prepared.and_then(|prepared| self.create_all(face, &prepared)) {
            Ok(rows) => Reply::Rows(rows),
            Err(mistake) => mistake.reply(),
        };
        self.faces.reply(face, id, reply);
    }

    fn create_all(&mut self, face: FaceId, prepared: &Prepared) -> Result<Vec<protocol::Row>, Mistake> {
        let mut ids = Vec::new();
        for n in 1..=prepared.request.count {
            let keys = self.faces.keys(face);
            let spec = NewRun { keys: Some(keys.names()), ..self.spec(prepared, n)? };
            let run = spec.id.clone();
            self.performer.gateway.passes.replace_keys(run.as_str(), keys);
            if let Err(error) = self.write_down(spec, prepared.differs) {
                let made = match ids.len() {
                    0 => String::new(),
                    made => format!(" ({made} of {} were queued before)", prepared.request.count),
                };
                return Err(Refused { code: Code::Failed, reason: format!("{error}{made}") }.into());
            }
            ids.push(run);
        }
        // Queued on disk before anyone hears of it.
        for run in &ids {
            self.sync(run);
        }
        let rows = self.runs.refresh(&ids.iter().cloned().collect());
        Ok(rows)
    }

    fn spec(&self, prepared: &Prepared, n: u32) -> Result<NewRun, Mistake> {
        let repo = prepared.main.to_str().ok_or_else(|| Refused {
            code: Code::Refused,
            reason: format!("the path {} is not UTF-8; pilothouse needs one that is", prepared.main.display()),
        })?;
        let rows = self.runs.rows(Some(repo));
        let taken = |name: &str| prepared.taken.contains(name) || rows.iter().any(|row| row.name == name);
        let request = &prepared.request;
        let name = match &request.name {
            Some(name) if request.count == 1 && taken(name) => {
                let reason = format!("a run called {name} exists in this repository; choose another name with --name");
                return Err(Mistake { field: Some(Field::Name), refused: Refused { code: Code::Refused, reason } });
            }
            Some(name) if request.count == 1 => name.clone(),
            Some(name) => name::free(&format!("{}-{n}", &name[..name.len().min(name::MAX_LEN - 8)]), taken),
            None => name::free(&name::from_task(&request.task), taken),
        };
        let worktree = prepared.settings.worktree_path(&prepared.main, &prepared.repo_name, &name);
        let worktree = resolved(&worktree);
        let branch = format!("pilothouse/{name}");
        Ok(NewRun {
            id: self.free_id(),
            name,
            repo: repo.to_owned(),
            base: prepared.base.clone(),
            base_commit: prepared.base_commit.clone(),
            branch,
            worktree: worktree.to_string_lossy().into_owned(),
            agent: prepared.agent.clone(),
            model: prepared.model.clone(),
            task: request.task.clone(),
            phases: prepared.phases.clone(),
            release_unchanged: prepared.settings.release_unchanged.value,
            interactive: prepared.request.interactive,
            budget_tokens: prepared.request.budget_tokens.or(prepared.settings.run_budget.value.tokens),
            budget_usd: prepared.request.budget_usd.or(prepared.settings.run_budget.value.usd),
            repository_budget: prepared.settings.repository_budget.value,
            environment: prepared.environment.clone(),
            checks: prepared.checks.clone(),
            gate: prepared.gate.clone(),
            deliver: prepared.settings.deliver.value.clone(),
            background_within_ms: Some(prepared.settings.background_within_ms.value),
            go_on_within_ms: prepared.settings.go_on_within_ms.value,
            settings_differ: prepared.differs,
            caller: request.caller.clone(),
            keys: None,
            policy: prepared.request.policy.unwrap_or(prepared.settings.policy.value),
        })
    }

    fn free_id(&self) -> RunId {
        loop {
            let id = RunId::from_random(ground::random_bytes().expect("the kernel gives six random bytes"));
            if !self.runs.contains(&id) && !self.state.run(&id).path().exists() {
                return id;
            }
        }
    }

    fn write_down(&mut self, spec: NewRun, differs: bool) -> Result<(), EvidenceError> {
        let folder = self.state.run(&spec.id);
        let id = spec.id.clone();
        folder.create(&spec)?;
        let timeline = Timeline::open(folder.path())?.timeline;
        self.runs.insert(id.clone(), folder, timeline);
        let mut batch = vec![(None, RunCreated { run: Box::new(spec) }.into())];
        if differs {
            let text = "pilothouse.toml in the checkout differs from the base commit's; the base commit's counts";
            batch.push((None, Note { text: text.to_owned() }.into()));
        }
        batch.push((None, RunQueued {}.into()));
        let written = self.append(&id, batch, None);
        match &written {
            // The next run's name must differ from this one's.
            Ok(()) => drop(self.runs.refresh(&BTreeSet::from([id]))),
            Err(_) => self.runs.forget(&id),
        }
        written
    }
}
