//! Carrying out what a person asks of runs: found, counted where that matters, decided, written down.

use std::path::Path;
use std::time::Duration;

use domain::RunId;
use domain::RunState;
use domain::budget::BudgetOf;
use domain::command::Command;
use domain::decide::{self, Decision, Facts, Refusal};
use domain::effect::{Effect, Outcome};
use domain::event::Review;
use domain::status::By;
use protocol::{Acted, Code, Refused};

use super::Dispatcher;
use crate::input::{CountedRun, FaceId, GonePlace};

/// Time between two looks whether a proof pack has been written.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Dispatcher {
    /// Carries out a command on runs. A command that changes a worktree may only be decided with the count of the run's
    /// living processes, which is taken off this thread.
    pub(super) fn asked_to_act(
        &mut self,
        face: FaceId,
        id: u64,
        runs: Vec<String>,
        repo: Option<&str>,
        command: Command,
        by_hand_too: bool,
    ) {
        let found: Vec<_> = runs.into_iter().map(|asked| (self.find(&asked, repo), asked)).collect();
        let (known, unknown): (Vec<_>, Vec<_>) = found.into_iter().partition(|(found, _)| found.is_ok());
        let unknown = unknown.into_iter().filter_map(|(found, asked)| found.err().map(|refused| not(asked, refused)));
        // Replied to together with the others.
        self.pending.begin(face, id, unknown.collect(), matches!(command, Command::Terminate { .. }));
        let known = known.into_iter().filter_map(|(found, asked)| Some((asked, found.ok()?)));
        let (by_hand, known): (Vec<_>, Vec<_>) = known.partition(|(_, run)| self.external_agents.contains(run));
        for (_, run) in by_hand {
            self.act_on_observed(face, id, &run, &command, by_hand_too);
        }
        if command.needs_count() && !known.is_empty() {
            return self.performer.count(face, id, known, command, Duration::ZERO);
        }
        let unkept = |run: &RunId| self.runs.open_ref(run).is_some_and(|open| open.state.keeper_gone);
        let looks = |run: &RunId| matches!(command, Command::Terminate { .. }) && unkept(run);
        let (left, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, run)| looks(run));
        let counted = known.into_iter().map(|(asked, run)| CountedRun::unlooked(asked, run)).collect();
        if left.is_empty() {
            return self.act(face, id, counted, &command);
        }
        self.act_on(face, id, counted, &command);
        self.performer.look_at_left(face, id, left, command);
    }

    pub(super) fn act(&mut self, face: FaceId, id: u64, counted: Vec<CountedRun>, command: &Command) {
        // A pack that is being written is waited for, so that nobody is told to come back in a moment.
        let holds = !matches!(command, Command::Terminate { .. } | Command::Pause | Command::Resume { .. });
        let delivering =
            |one: &CountedRun| holds && self.runs.open_ref(&one.run).is_some_and(|open| open.state.is_delivering());
        let (held, counted): (Vec<_>, Vec<_>) = counted.into_iter().partition(delivering);
        self.act_on(face, id, counted, command);
        if held.is_empty() {
            return self.pending.complete(face, id);
        }
        let held = held.into_iter().map(|one| (one.asked, one.run)).collect();
        self.performer.count(face, id, held, command.clone(), LOOK_AGAIN);
    }

    fn act_on(&mut self, face: FaceId, id: u64, counted: Vec<CountedRun>, command: &Command) {
        for CountedRun { asked, run, alive, gone, place, now, stale, left } in counted {
            let shared = self.still_over(&run, command);
            let next = "end it yourself, and terminate again where the run is not over then";
            let left = left.map(|reason| Refusal::new(reason, next));
            let acted = self.decide_for(&asked, Ok(run.clone()), |state| match &gone {
                _ if shared.is_some() => Err(shared.clone().expect("it was just looked at")),
                _ if left.is_some() => Err(left.clone().expect("it was just looked at")),
                _ if place.is_some() => match place.clone().expect("it was just looked at") {
                    Ok(place) => decide::adopt(state, alive, &place, By::Person),
                    Err(why) => Err(Refusal::new(why, "`pilothouse adopt --moved` lists what can be taken over")),
                },
                // Nothing is done with a run while git knows nothing of it.
                Some(GonePlace::Repository(why)) => {
                    Err(Refusal::new(why.clone(), "`pilothouse show` tells of the run"))
                }
                Some(GonePlace::Worktree(path))
                    if state.has_worktree() && !matches!(command, Command::Rm | Command::DropCheckpoints) =>
                {
                    let next = "`pilothouse rm`, then `restore`, brings back what was committed and staged";
                    Err(Refusal::new(format!("its worktree {path} is gone"), next))
                }
                _ => match &now {
                    // One that never had a worktree, or has none any more, is told of in the same words as elsewhere.
                    Some(Ok(now)) => decide::judged(state, command, alive, now, &stale),
                    Some(Err(why)) if state.has_worktree() => {
                        Err(Refusal::new(format!("its work can't be looked at: {why}"), "mend that and try again"))
                    }
                    _ => decide::command(state, command, alive),
                },
            });
            let mut acted = acted;
            if let Command::Terminate { grace_ms } = command
                && acted.code == Code::Failed
                && self.is_full()
            {
                self.wish_end(&run, *grace_ms);
                (acted.code, acted.reason) = (Code::Done, None);
            }
            let waits = acted.code == Code::Done;
            if waits && matches!(command, Command::Adopt { .. }) {
                self.settle_in(&run);
            }
            if waits {
                self.await_room();
            }
            // What begins an attempt is asked for with the keys of this moment.
            let begins = matches!(command, Command::Retry { .. } | Command::Review { verdict: Review::Changes, .. });
            if waits && begins {
                self.performer.gateway.passes.replace_keys(run.as_str(), self.faces.keys(face));
            }
            if waits && matches!(command, Command::Resume { .. }) {
                self.performer.gateway.passes.add_keys(run.as_str(), self.faces.keys(face));
            }
            if waits && matches!(command, Command::Resume { .. }) {
                self.tell_limits(&run);
            }
            if waits && matches!(command, Command::Terminate { .. }) {
                self.take_back_passes(&run);
                // What git of ours does there is not waited for, however long it would take.
                if let Some(spec) = self.runs.open_ref(&run).and_then(|open| open.state.spec.as_ref()) {
                    worktrees::end_git_in(Path::new(&spec.worktree));
                }
            }
            // Who ends a run sees in its row that it is over, and need not wait for what is proven of it afterwards.
            let waits = waits && (!matches!(command, Command::Terminate { .. }) || self.is_full());
            self.pending.add(face, id, acted, waits.then_some(run));
        }
    }

    /// Refuses to let a run that the budget of day or repository stopped simply go on; `None` where it may.
    fn still_over(&mut self, run: &RunId, command: &Command) -> Option<Refusal> {
        let Command::Resume { budget } = command else { return None };
        self.day.look_again();
        let stopped = self.runs.open_ref(run)?.state.over.as_ref()?.of;
        let over = self.shared_budget_reached(run).filter(|_| budget.is_none() && stopped != BudgetOf::Run)?;
        let word = over.of.word();
        let next = format!("raise `budget.{word}` in your settings, or `pilothouse resume {run} --budget USD`");
        Some(Refusal::new(format!("the budget of the {word} is used up: {}", over.used), next))
    }

    /// Decides for one run, and writes down what follows.
    pub(super) fn decide_for(
        &mut self,
        asked: &str,
        found: Result<RunId, Refused>,
        decide: impl FnOnce(&RunState) -> Result<Decision, Refusal>,
    ) -> Acted {
        let id = match found {
            Ok(id) => id,
            Err(refused) => return not(asked.to_owned(), refused),
        };
        let name = self.runs.row(&id).map(|row| row.name.clone());
        let failed = |e: evidence::EvidenceError| (Code::Failed, Some(e.to_string()));
        let outcome = self.runs.reopen(&id).map_err(failed).and_then(|()| {
            let state = &self.runs.open_ref(&id).ok_or((Code::Failed, Some("it can't be read".to_owned())))?.state;
            let decision = decide(state).map_err(|refusal| (Code::Refused, Some(refusal.to_string())));
            self.turn.changed.insert(id.clone());
            self.take(&id, decision?).map_err(failed)
        });
        let (code, reason) = outcome.map_or_else(|failure| failure, |()| (Code::Done, None));
        Acted { run: id.to_string(), name, code, reason, note: None }
    }

    /// Replies to the requests whose runs have come to what was asked for, or can't.
    pub(super) fn reply_when_done(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        for (face, id, acted) in pending.done(|run| self.is_busy(run)) {
            self.faces.reply(face, id, protocol::Reply::Acted(acted));
        }
        self.pending = pending;
    }

    /// Whether something that a person waits for is being done with a run or an external agent.
    pub(super) fn is_busy(&self, run: &RunId) -> bool {
        // Who asked for an end sees it come; but not where nothing can be written down.
        let ends = |state: &RunState| (state.ending.is_some() || self.wished.contains_key(run)) && self.is_full();
        let open = self.runs.open_ref(run);
        self.external_agents.is_acting(run) || open.is_some_and(|open| is_under_way(&open.state) || ends(&open.state))
    }
}

/// Whether something that a person waits for is being done with the run of this state.
fn is_under_way(state: &RunState) -> bool {
    use domain::effect::Effect::{Freeze, Thaw};
    let asked = state.rollback.is_some() || state.removing.is_some() || state.restoring;
    let asked = asked || state.is_delivering() || state.merging.is_some() || state.dropping.is_some();
    asked || state.effects.values().any(|effect| matches!(effect, Freeze { .. } | Thaw { .. }))
}

/// Words the failure of an effect beside what was asked for: a worktree that pilothouse did not let go, or a pull
/// request that was not told. Such a failure is none of what was asked for.
pub(super) fn left(effect: &Effect, outcome: &Outcome) -> Option<String> {
    match (effect, outcome) {
        (Effect::RemoveWorktree { by: By::Pilothouse, .. }, Outcome::Failed(why) | Outcome::Refused(why)) => {
            Some(format!("its worktree was not let go: {why}"))
        }
        // What was asked for was done; the forge is told again with what comes next.
        (Effect::Deliver { .. }, Outcome::Failed(why) | Outcome::Refused(why) | Outcome::Unknown(why)) => {
            Some(format!("its pull request was not told: {why}"))
        }
        _ => None,
    }
}

/// Words the note that a person gets with an effect that was done: the names that it left out or put elsewhere.
pub(super) fn note(effect: &Effect, facts: &Facts, state: &RunState) -> Option<String> {
    let (what, names) = match (effect, facts) {
        (_, Facts::Restored { kept, .. }) => ("what no checkpoint had is in", kept.join(" ")),
        (_, Facts::Removed { left_out, .. }) => ("not kept:", left_out.join(", ")),
        (Effect::RestoreWorktree { .. }, _) => ("not kept:", state.snapshot.as_ref()?.left_out.join(", ")),
        _ => return None,
    };
    (!names.is_empty()).then(|| format!("{what} {names}"))
}

fn not(asked: String, refused: Refused) -> Acted {
    Acted { run: asked, name: None, code: refused.code, reason: Some(refused.reason), note: None }
}
