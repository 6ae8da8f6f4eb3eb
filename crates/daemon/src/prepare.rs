//! Looking at the repository that a run is asked for, before the run exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::check::CheckSpec;
use domain::command::NewRun;
use domain::environment::EnvironmentSpec;
use domain::gate::GateSpec;
use domain::name;
use domain::phase::{CommitUse, PhaseSpec, SessionUse};
use protocol::{Choices, Code, Field, LastChoice, Refused, Reply, RunRequest};
use settings::phase::REPAIRS;
use settings::{Phase, Settings};
use worktrees::{Repository, WorktreeError};

use crate::agent_program::find_program;
use crate::places::DaemonPlaces;
use crate::settings_of::{Basis, basis, refused};
use crate::{chosen_place, known, trust};

/// A request with everything that can be found out without the other runs.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) request: RunRequest,
    pub(crate) main: PathBuf,
    pub(crate) repo_name: String,
    pub(crate) base: String,
    pub(crate) base_commit: String,
    pub(crate) agent: String,
    pub(crate) model: Option<String>,
    /// Names whose branch exists already.
    pub(crate) taken: BTreeSet<String>,
    pub(crate) phases: Vec<PhaseSpec>,
    pub(crate) environment: EnvironmentSpec,
    pub(crate) checks: Vec<CheckSpec>,
    pub(crate) gate: GateSpec,
    pub(crate) settings: Settings,
    /// Whether the repository's settings file in the checkout is another than the one of the base commit.
    pub(crate) differs: bool,
}

/// Reason why a run can't be started, and the field of the request that it lies in.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) field: Option<Field>,
    pub(crate) refused: Refused,
}

impl Mistake {
    fn at(field: Field) -> impl FnOnce(Refused) -> Self {
        move |refused| Self { field: Some(field), refused }
    }

    pub(crate) fn reply(self) -> Reply {
        match self.field {
            Some(field) => Reply::Mistake { field, refused: self.refused },
            None => Reply::Refused(self.refused),
        }
    }
}

impl From<Refused> for Mistake {
    fn from(refused: Refused) -> Self {
        Self { field: None, refused }
    }
}

/// Finds out what a run is made with. Blocks: reads the repository and starts git.
pub(crate) fn prepare(places: &DaemonPlaces, request: RunRequest) -> Result<Prepared, Mistake> {
    let config = places.config.as_path();
    let usage = |reason: String| Refused { code: Code::Usage, reason };
    if request.task.trim().is_empty() {
        return Err(Mistake::at(Field::Task)(usage("the task is empty; say what is to be done".to_owned())));
    }
    if request.count == 0 || request.count > 100 {
        return Err(Mistake::at(Field::Count)(usage("--count must be from 1 to 100".to_owned())));
    }
    if let Some(problem) = request.name.as_deref().and_then(name::problem) {
        let reason = format!("the name {:?} {problem}", request.name.unwrap_or_default());
        return Err(Mistake::at(Field::Name)(usage(reason)));
    }
    let repo = Repository::find(&request.folder).map_err(refused)?;
    let Basis { settings, base, commit: base_commit, differs } =
        basis(config, &repo, &request.folder, request.base.as_deref()).map_err(|refused| Mistake {
            // What is not there is the base; other trouble is the repository's.
            field: (refused.code == Code::NotFound && request.base.is_some()).then_some(Field::Base),
            refused,
        })?;
    let wanted = request.agent.as_deref().unwrap_or(&settings.default_agent.value);
    // An agent that is known has no such model.
    let is_known = known::known(&settings, wanted.split(':').next().unwrap_or(wanted)).is_some();
    let field = if is_known && request.model.is_some() { Field::Model } else { Field::Agent };
    let (agent, model) = known::named(&settings, wanted, request.model.as_deref()).map_err(Mistake::at(field))?;
    if request.interactive && !known::known(&settings, &agent).is_some_and(|known| known.has_terminal()) {
        let reason = format!("{agent} has no screen of its own to show in a terminal; start it without --interactive");
        return Err(Mistake::at(Field::Agent)(usage(reason)));
    }
    repo.check_not_bare().map_err(refused)?;
    chosen_place::check(&settings, config, repo.main(), &repo.name())?;
    repo.check_identity().map_err(refused)?;
    trust::check(&places.home, config, &repo, &settings, request.base.as_deref())?;
    let include = repo.file_at(&base_commit, ".worktreeinclude").map_err(refused)?;
    let environment = trust::environment(&settings, include.as_deref());
    let phases = phases(&request, &settings).map_err(Mistake::at(Field::Phases))?;
    let path = request.caller.get("PATH").map(String::as_str);
    let later = phases.iter().filter_map(|phase| phase.agent.as_deref());
    for name in std::iter::once(agent.as_str()).chain(later) {
        has_program(places, &settings, name, path).map_err(Mistake::at(Field::Agent))?;
    }
    let checks = settings.checks.values().map(|check| check.value.clone()).collect();
    let taken = repo.branches_below("pilothouse/").map_err(refused)?;
    if let Some(name) = request.name.as_ref().filter(|name| taken.contains(*name)) {
        return Err(Mistake::at(Field::Name)(refused(WorktreeError::BranchTaken(format!("pilothouse/{name}")))));
    }
    let (main, repo_name) = (repo.main().to_owned(), repo.name());
    Ok(Prepared {
        request,
        main,
        repo_name,
        base,
        base_commit,
        agent,
        model,
        phases,
        environment,
        checks,
        gate: settings.gate.value.clone(),
        taken,
        settings,
        differs,
    })
}

/// Refuses an agent whose program is not there, before a worktree, a branch and a name are made for it.
fn has_program(places: &DaemonPlaces, settings: &Settings, name: &str, path: Option<&str>) -> Result<(), Refused> {
    let Some(agent) = known::known(settings, name) else { return Ok(()) };
    let own = settings.agents.get(name).map(|agent| agent.value.clone()).unwrap_or_default();
    match find_program(places, &agent, &own, path) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Refused { code: Code::Refused, reason: format!("{name} can't be started: {reason}") }),
    }
}

/// Returns what can be chosen for a run begun in `folder`; `newest` is the spec of the repository's newest run.
pub(crate) fn choices(config: &Path, folder: &Path, newest: Option<&NewRun>) -> Result<Choices, Refused> {
    let repo = Repository::find(folder).map_err(refused)?;
    let Basis { settings, base, .. } = basis(config, &repo, folder, None)?;
    // Runs' own branches are seldom what one starts from.
    let others = repo.branches_below("").map_err(refused)?.into_iter();
    let others = others.filter(|branch| *branch != base && !branch.starts_with("pilothouse/"));
    let phases: Vec<String> = settings.phases().iter().map(|phase| phase.name.clone()).collect();
    let last = newest.map(|spec| LastChoice {
        agent: spec.agent.clone(),
        model: spec.model.clone(),
        base: if spec.base == base { String::new() } else { spec.base.clone() },
        phases: last_phases(spec, &phases),
        budget_tokens: spec.budget_tokens,
        budget_usd: spec.budget_usd,
        policy: Some(spec.policy).filter(|policy| *policy != settings.policy.value),
    });
    Ok(Choices {
        agents: known::choices(&settings),
        agent: settings.default_agent.value.clone(),
        bases: std::iter::once(base.clone()).chain(others).collect(),
        phases,
        last,
    })
}

/// Returns the phases of a run as they would be typed for another task; none where the settings' were used, or one is
/// not known there: what was made for one task can't be used for another.
fn last_phases(spec: &NewRun, known: &[String]) -> Vec<String> {
    let used: Vec<String> = spec.phases.iter().map(|phase| phase.name.clone()).collect();
    if used == known || !used.iter().all(|name| known.contains(name)) { Vec::new() } else { used }
}

/// Returns the phases asked for, or those of the settings, with what each agent is to be told.
fn phases(request: &RunRequest, settings: &Settings) -> Result<Vec<PhaseSpec>, Refused> {
    let usage = |reason: String| Refused { code: Code::Usage, reason };
    let known = settings.phases();
    let asked = |text: &String| match text.split_once(':') {
        Some((name, prompt)) => {
            let own = known.iter().find(|phase| phase.name == name).cloned();
            Ok(Phase { name: name.to_owned(), prompt: Some(prompt.to_owned()), ..own.unwrap_or_default() })
        }
        None => known.iter().find(|phase| phase.name == *text).cloned().ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|phase| phase.name.as_str()).collect();
            let known = names.join(", ");
            usage(format!("no [[phase]] is called {text:?}; there is {known}, or give it a prompt: {text}:PROMPT"))
        }),
    };
    let wanted = match request.phases.as_slice() {
        [] => known.clone(),
        typed => typed.iter().map(asked).collect::<Result<_, _>>()?,
    };
    if let Some((_, found, expected)) = settings::phase::problem(&wanted) {
        return Err(usage(format!("--phase: {found}: expected {expected}")));
    }
    let wanted = settings.with_checks(wanted);
    let spec = |(n, phase): (usize, &Phase)| {
        let unknown = phase.checks.iter().flatten().find(|name| !settings.checks.contains_key(*name));
        if let Some(unknown) = unknown {
            let reason =
                format!("the phase {} names the check {unknown:?}, and there is no [check.{unknown}]", phase.name);
            return Err(usage(reason));
        }
        let own = phase.agent.as_deref().map(|name| known::named(settings, name, None)).transpose()?;
        let (name, model) = own.map_or((None, None), |(name, model)| (Some(name), model));
        Ok(PhaseSpec {
            name: phase.name.clone(),
            prompt: phase.prompt(&request.task),
            agent: name,
            model,
            session: if phase.session.as_deref() == Some("continue") { SessionUse::Continue } else { SessionUse::New },
            commit: if phase.commit.as_deref() == Some("never") { CommitUse::Never } else { CommitUse::Leftovers },
            only_checks: phase.only_checks(n),
            checks: phase.checks.clone().unwrap_or_default(),
            repair: phase.repair.unwrap_or(REPAIRS),
        })
    };
    wanted.iter().enumerate().map(spec).collect()
}
