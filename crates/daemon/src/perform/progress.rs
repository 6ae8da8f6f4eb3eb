//! How an effect comes to its end: step by step, on the threads of its kind, none of which it keeps while it waits.

use domain::RunId;
use domain::decide::Facts;
use domain::effect::{Effect, EffectId, Outcome};

use super::job::{Job, Performed, failed};
use super::job::{repository, worktree};
use super::lanes::Lane;
use super::living::living;
use super::step::{EffectProgress, NextStep};
use super::{Performer, check, checkpoint, environment, merge, pause, pr, proof, restore, rm, stop, supervise, tree};
use crate::input::Input;

impl Performer {
    pub(crate) fn perform(&self, job: Job) {
        self.step(job, Box::new(|performer, job| performer.begin(job)), Vec::new());
    }

    /// Takes one step of an effect. What it has to wait for is waited for by nobody's thread; where the daemon dies
    /// meanwhile, the effect is open and the next daemon takes it up.
    fn step(&self, job: Job, next: NextStep, mut released: Vec<String>) {
        let performer = self.clone();
        self.lanes.push(lane(&job.effect), &place(&job), move || {
            let open = EffectStep::new(&performer, &job);
            released.extend(performer.release_left_locks(&job));
            let progress = next(&performer, &job);
            open.goes_on();
            match progress {
                EffectProgress::Done(performed) => performer.finish(job, performed, released),
                EffectProgress::AtEnd(process, next) => {
                    let again = performer.clone();
                    performer.ends.of(process, move || again.step(job, next, released));
                }
                EffectProgress::After(wait, next) => {
                    let again = performer.clone();
                    performer.runtime.spawn(async move {
                        tokio::time::sleep(wait).await;
                        again.step(job, next, released);
                    });
                }
            }
        });
    }

    /// Takes away the locks that a killed git left, where an effect is about to use the worktree's git; returns their
    /// names.
    fn release_left_locks(&self, job: &Job) -> Vec<String> {
        use Effect::{CommitLeftovers, RestoreCheckpoint, StartAttempt};
        if !matches!(job.effect, CommitLeftovers { .. } | RestoreCheckpoint { .. } | StartAttempt(_)) {
            return Vec::new();
        }
        let release = || {
            let repo = repository(&job.spec)?;
            let lives = || !living(&self.places, &job.spec.id).is_empty();
            repo.release_left_locks(&worktree(&repo, &job.spec)?, &job.spec.branch, lives)
        };
        // A worktree that can't be used is told of by the effect itself.
        release().unwrap_or_default()
    }

    fn finish(&self, job: Job, (outcome, facts): Performed, released: Vec<String>) {
        let (run, id) = (job.spec.id, job.id);
        if outcome != Outcome::Done {
            tracing::warn!(%run, effect = ?job.effect, ?outcome, "effect");
        }
        // The dispatcher is gone only when the daemon stops; the next one probes this effect.
        let _stopping = self.inputs.send(Input::EffectDone { run, id, outcome, facts, released });
    }

    fn begin(&self, job: &Job) -> EffectProgress {
        let places = &self.places;
        if let Err(error) = tree::take_over_store(places, job) {
            return failed(error).into();
        }
        let performed = match &job.effect {
            Effect::CreateWorktree => tree::create(job),
            Effect::LeaseEnvironment => environment::lease(job),
            Effect::SetUp { .. } => return environment::set_up(places, self, job),
            Effect::CommitLeftovers { .. } => tree::commit(job),
            Effect::RunCheck { name, n } => return check::check(places, self, job, name, *n),
            Effect::MeasureWork => proof::measure(places, job),
            Effect::WriteProof { k, seq } => proof::write(places, job, *k, *seq),
            Effect::Merge { method, head, onto, before, pull } => {
                merge::merge(places, job, &merge::MergeOrder { method: *method, head, onto, before, pull: *pull })
            }
            Effect::Deliver { work } => pr::deliver(places, job, work),
            Effect::StartAttempt(attempt) => return supervise::start(places, self, job, attempt),
            Effect::StopAttempt { attempt, grace_ms, .. } => return stop::stop(self, job, attempt, *grace_ms),
            Effect::Write { attempt, write, data, .. } => supervise::write(places, job, attempt, write, data),
            Effect::CloseInput(attempt) => supervise::close_input(places, job, attempt),
            Effect::Freeze { attempt, .. } => pause::freeze(places, self, job, attempt),
            Effect::Thaw { attempt, .. } => pause::thaw(places, self, job, attempt),
            Effect::SaveCheckpoint { n, why } => checkpoint::save(job, *n, why),
            Effect::DropCheckpoints => checkpoint::drop_all(job),
            Effect::RestoreCheckpoint { n } => checkpoint::restore(places, job, *n),
            Effect::RemoveWorktree { snapshot, by, at } => rm::rm(places, job, snapshot, by, at.as_deref()),
            Effect::RestoreWorktree { snapshot } => restore::restore(places, job, snapshot),
        };
        performed.into()
    }
}

/// An effect of which a step is being taken: a panic in it fails the effect instead of leaving it open.
struct EffectStep<'a> {
    performer: &'a Performer,
    run: &'a RunId,
    id: EffectId,
}

impl<'a> EffectStep<'a> {
    fn new(performer: &'a Performer, job: &'a Job) -> Self {
        Self { performer, run: &job.spec.id, id: job.id }
    }

    /// Ends the watch over a step that was taken.
    fn goes_on(self) {
        std::mem::forget(self);
    }
}

impl Drop for EffectStep<'_> {
    fn drop(&mut self) {
        let outcome = Outcome::Failed("pilothouse itself failed at it; daemon.log says where".to_owned());
        let (run, id, facts) = (self.run.clone(), self.id, Facts::Nothing);
        let _stopping = self.performer.inputs.send(Input::EffectDone { run, id, outcome, facts, released: Vec::new() });
    }
}

/// Returns the threads that an effect is performed on.
fn lane(effect: &Effect) -> Lane {
    match effect {
        Effect::StopAttempt { .. }
        | Effect::Write { .. }
        | Effect::CloseInput(_)
        | Effect::Freeze { .. }
        | Effect::Thaw { .. } => Lane::Keepers,
        Effect::StartAttempt(_) => Lane::Starts,
        Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::SetUp { .. }
        | Effect::RunCheck { .. }
        | Effect::CommitLeftovers { .. }
        | Effect::MeasureWork
        | Effect::WriteProof { .. }
        | Effect::Merge { .. }
        | Effect::Deliver { .. }
        | Effect::SaveCheckpoint { .. }
        | Effect::DropCheckpoints
        | Effect::RestoreCheckpoint { .. }
        | Effect::RemoveWorktree { .. }
        | Effect::RestoreWorktree { .. } => Lane::Trees,
    }
}

/// Names what an effect may hang in together with others: its repository, or its run where git is not used.
fn place(job: &Job) -> String {
    if lane(&job.effect) == Lane::Keepers { job.spec.id.to_string() } else { job.spec.repo.clone() }
}
