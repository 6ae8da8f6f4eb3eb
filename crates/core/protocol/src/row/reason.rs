//! Why a run is in its status, in words.

use domain::RunState;
use domain::budget::BudgetOf;
use domain::figures;
use domain::status::{By, Status};

use super::{Observations, ProofRow};

/// Why a run does not begin that has nothing else to wait for.
const PLACE: &str = "waits for a place; others are at work";

/// Says what the agent wants to be told; what is hidden in it is shown, since a person answers what they see.
fn asks(run: &RunState) -> Option<String> {
    let question = run.question.as_ref()?;
    let interactive = run.spec.as_ref().is_some_and(|spec| spec.interactive);
    let asks = if interactive { "waits in its own terminal" } else { "asks" };
    Some(format!("{asks}: {}", domain::text::shown(&question.text)))
}

/// Which check is at work, and how far they have come.
fn checks(run: &RunState) -> String {
    let (all, done) = match (&run.recheck, run.current()) {
        (Some(recheck), _) => (recheck.checks.len(), recheck.done.len()),
        (None, Some(phase)) => (phase.spec.checks.len(), phase.checks.len()),
        (None, None) => (0, 0),
    };
    let name = run.checks.iter().find(|(_, check)| check.runs).map(|(name, _)| name.as_str());
    match name {
        Some(name) => format!("check {name} runs ({} of {all})", done + 1),
        None => format!("{done} of {all} checks have run"),
    }
}

/// Why the run is in its status, and what it gets in the way of.
pub(super) fn reason(run: &RunState, seen: &Observations, proof: Option<&ProofRow>) -> Option<String> {
    let at_stake = !matches!(run.status, Status::Merged | Status::Terminated { .. });
    let conflicts = super::conflict::says(run).filter(|_| at_stake);
    let left = super::left::behind(run).filter(|_| run.status == Status::Ready);
    let asks = run.asked_last().filter(|_| run.status == Status::Ready).map(|line| format!("it asks: {line}"));
    let wrote = super::escape::says(run).filter(|_| run.merged.is_none());
    let unsent = super::pull_request::comments(run).filter(|_| run.status == Status::Ready).and_then(|row| row.says());
    let status = in_base(run, seen).or_else(|| of_status(run, seen.held.as_deref(), proof));
    // A gate that is closed for it says so already.
    let with_base_alone = run.conflicts.iter().all(|conflict| conflict.with.is_none());
    let is_said = with_base_alone && status.as_ref().is_some_and(|why| why.contains("it conflicts with "));
    let conflicts = conflicts.filter(|_| !is_said);
    let parts = [status, unproven(run), asks, unsent, left, wrote, conflicts];
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    // What a person is called for comes first.
    let with_base = run.status == Status::Ready && run.conflicts.iter().any(|conflict| conflict.with.is_none());
    let yields = run.conflicts.iter().any(|conflict| conflict.yields);
    let calls = at_stake && !is_said && (yields || with_base);
    if calls && matches!(run.status, Status::Ready | Status::Working(_) | Status::Checking | Status::Queued) {
        parts.rotate_right(1);
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Says what is left to do with work that somebody merged elsewhere.
fn in_base(run: &RunState, seen: &Observations) -> Option<String> {
    let spec = run.spec.as_ref().filter(|_| seen.in_base && run.status == Status::Ready && run.has_worktree())?;
    let rests = run.removing.is_none() && !run.restoring && run.rollback.is_none();
    rests.then(|| format!("its work is in {} already; `pilothouse gc` lets its worktree go", spec.base))
}

/// Why there is no proof of what it did, which nobody need wait for then.
fn unproven(run: &RunState) -> Option<String> {
    let failed = run.proof.failed.as_ref().filter(|_| run.status.is_settled() && run.proof.written.is_none())?;
    let next = if run.proof.due || failed.again_at.is_some() {
        "it is tried again by itself".to_owned()
    } else {
        let name = run.spec.as_ref().map_or("RUN", |spec| spec.name.as_str());
        format!("`pilothouse proof {name}` tries again")
    };
    Some(format!("its proof could not be written: {}; {next}", failed.why))
}

/// Says what work that is done waits for.
fn waits_for(run: &RunState, proof: Option<&ProofRow>) -> String {
    let Some(proof) = proof else { return "waits for review".to_owned() };
    let approved = proof.review.as_deref() == Some("approve");
    match (approved, proof.closed.as_slice()) {
        (true, []) => "approved, and the gate is open".to_owned(),
        (false, []) => "the gate is open".to_owned(),
        // A pack that tells of the approval is just being written.
        (true, _) if run.proof.due => "approved".to_owned(),
        (true, closed) => format!("approved, and the gate is closed: {}", figures::first_of(closed, 1)),
        (false, _) => "waits for review".to_owned(),
    }
}

fn of_status(run: &RunState, held: Option<&str>, proof: Option<&ProofRow>) -> Option<String> {
    let under_way = [
        (run.removing == Some(By::Person), "its worktree is being removed"),
        (run.restoring, "its worktree is being restored"),
        (run.rollback.is_some(), "it is being rolled back"),
    ];
    if let Some((_, what)) = under_way.iter().find(|(is, _)| *is) {
        return Some((*what).to_owned());
    }
    if run.removed && run.status != Status::Ready {
        return Some(format!("{}; its worktree was removed, restore brings it back", run.status.word()));
    }
    if run.ending.is_some() {
        return Some("terminating: waiting until nothing of it lives".to_owned());
    }
    match &run.status {
        Status::Queued => Some(held.unwrap_or(PLACE).to_owned()),
        Status::Checking if run.waits_for_slot() => Some(held.unwrap_or(PLACE).to_owned()),
        Status::Preparing => {
            let sets_up = run.effects.values().any(|e| matches!(e, domain::effect::Effect::SetUp { .. }));
            let commands = || run.spec.as_ref().map(|spec| spec.environment.setup.join("; ")).unwrap_or_default();
            sets_up.then(|| format!("set-up runs: {}", commands()))
        }
        Status::Waiting => asks(run),
        Status::Limited { resets_at: Some(at) } => {
            if let Some(said) =
                run.current().and_then(|phase| phase.attempt()?.limited_until).filter(|said| at.since(*said) >= 60_000)
            {
                return Some(format!(
                    "its limit should have ended at {said} (said by the provider); tried again at {at}"
                ));
            }
            let at = super::times::over_by(*at);
            let by_itself = if run.goes_on_at.is_some() { "; goes on by itself then" } else { "" };
            Some(format!("limited until {at} (said by the provider){by_itself}"))
        }
        Status::Limited { resets_at: None } => Some("limited; the provider gave no time".to_owned()),
        Status::Paused { .. } if run.keeper_gone => {
            Some("paused, and its keeper is gone; terminate it, then retry goes on".to_owned())
        }
        Status::Paused { by, reason } => {
            // Calls that were open when a budget was reached end after it.
            let follows = *by == By::Budget && run.over.as_ref().is_some_and(|over| over.of == BudgetOf::Run);
            let reason = if follows { domain::decide::budget_reason(run) } else { reason.clone() };
            let frozen = run.paused.as_ref().map(|paused| paused.frozen.describe());
            Some([asks(run), Some(reason), frozen].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        Status::Lost { reason } | Status::Unknown { reason } => Some(reason.clone()),
        Status::Failed { phase, reason } if phase.is_empty() => Some(reason.clone()),
        Status::Failed { phase, reason } => Some(format!("{phase}: {reason}")),
        Status::Terminated { by } => {
            let by = match by {
                By::Person => "terminated by a person",
                By::Budget => "terminated: over budget",
                By::Pilothouse => "terminated by pilothouse",
            };
            Some([Some(by), run.untold.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        Status::Working(_) if run.keeper_gone => Some("its keeper is gone; its processes still live".to_owned()),
        Status::Ready => {
            let same = run.spec.as_ref().is_some_and(|s| run.head.as_ref() == Some(&s.base_commit));
            // What is in no commit is told before anybody goes away thinking that all is well.
            let against = run.proof.measured.as_ref().and_then(|measured| measured.against.first());
            Some(match (same, run.removed, against) {
                (true, true, _) => "nothing was changed, so its worktree was released".to_owned(),
                (true, false, None) => "nothing was changed".to_owned(),
                (true, false, Some(against)) => format!("nothing was committed: {against}"),
                (false, _, Some(against)) if proof.is_none_or(|proof| proof.review.is_none()) => {
                    format!("waits for review; {against}")
                }
                (false, _, _) => waits_for(run, proof),
            })
        }
        Status::Checking => Some(checks(run)),
        Status::Working(_) => super::left::waits_for(run),
        Status::Merged => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::command::NewRun;
    use domain::comment::{Comment, SentComment, Side};
    use domain::escape::Escape;
    use domain::event::{ConflictFound, Merge, ProofWritten, Review, ReviewGiven, WorkMeasured};

    use super::*;
    use crate::row::row;

    const HEAD: &str = "8c1d02fa";

    /// A run whose work is done and proven.
    fn ready() -> RunState {
        let spec = r#"{"id":"aaaaaa","name":"n","repo":"/w/shop","base":"main","base_commit":"c","branch":"b",
            "worktree":"/w/shop.worktrees/n","agent":"claude","model":null,"task":"t","phases":[],"gate":{"min_score":0},
            "checks":[{"name":"lint","run":"true","timeout_ms":1000,"required":false,"weight":1}]}"#;
        let mut run = RunState {
            spec: Some(serde_json::from_str::<NewRun>(spec).expect("a run")),
            status: Status::Ready,
            head: Some(HEAD.to_owned()),
            ..RunState::default()
        };
        run.proof.measured = Some(WorkMeasured {
            head: HEAD.to_owned(),
            tree: "t".to_owned(),
            uncommitted: false,
            base: Some("c".to_owned()),
            files: 1,
            added: 1,
            removed: 0,
            commits: Some(1),
            merge: Merge::Clean,
            exam: Vec::new(),
            secrets: Some(Vec::new()),
            against: Vec::new(),
        });
        run.proof.written = Some(ProofWritten { k: 1, seq: 9, statement: "s".to_owned(), score: 90 });
        run
    }

    fn approved(mut run: RunState, min_score: u32) -> RunState {
        let given = ReviewGiven {
            verdict: Review::Approve,
            head: HEAD.to_owned(),
            text: String::new(),
            comments: Vec::new(),
            by: By::Person,
        };
        run.proof.review = Some(given);
        run.spec.as_mut().expect("a spec").gate.min_score = min_score;
        run
    }

    fn why(run: &RunState) -> String {
        row(run, &Observations::default()).and_then(|row| row.reason).expect("a reason")
    }

    #[test]
    fn an_approved_run_tells_its_gate() {
        assert_eq!(why(&ready()), "waits for review");
        assert_eq!(why(&approved(ready(), 0)), "approved, and the gate is open");
        let low = why(&approved(ready(), 100));
        assert!(low.starts_with("approved, and the gate is closed: its score is 0."), "{low}");
        let mut due = approved(ready(), 100);
        due.proof.due = true;
        assert_eq!(why(&due), "approved");
        let mut moved = approved(ready(), 0);
        moved.proof.measured.as_mut().expect("work").head = "another".to_owned();
        assert_eq!(why(&moved), "waits for review", "an approval is of one commit");
        let mut free = ready();
        free.spec.as_mut().expect("a spec").gate.approval = false;
        assert_eq!(why(&free), "the gate is open");
    }

    #[test]
    fn a_later_conflict_closes_the_gate() {
        let mut run = approved(ready(), 0);
        let conflict =
            ConflictFound { with: None, name: "main".to_owned(), paths: vec!["src/a.rs".to_owned()], yields: false };
        run.conflicts.push(conflict);
        let row = row(&run, &Observations::default()).expect("a row");
        assert_eq!(row.gate.as_deref(), Some("closed"));
        let closed = row.proof.expect("a proof").closed;
        assert!(matches!(closed.as_slice(), [one] if one.ends_with("in src/a.rs")), "{closed:?}");
    }

    #[test]
    fn an_unsent_comment_stands_beside_an_approval() {
        let mut run = approved(ready(), 0);
        let comment = Comment { path: "a".into(), side: Side::New, line: 1, on: "x".into(), text: "no".into() };
        run.comments = vec![SentComment { comment, head: HEAD.to_owned(), sent: false }];
        run.commented_at = 7;
        assert_eq!(why(&run), "approved, and the gate is open; 1 comment not yet with its agent");
    }

    #[test]
    fn writes_into_the_main_checkout_are_told() {
        let mut run = ready();
        let wrote = |path: &str| Escape { path: path.to_owned(), seq: 3 };
        run.escapes = vec![wrote("/tmp/notes")];
        assert_eq!(why(&run), "waits for review", "an agent's own notes are told beside");
        run.escapes.push(wrote("../../shop/x/../ESCAPED.txt"));
        run.escapes.push(wrote("/w/shop-two/a"));
        assert_eq!(why(&run), "waits for review; wrote into your main checkout: ESCAPED.txt");
        let row = row(&run, &Observations::default()).expect("a row");
        assert!(row.wrote_into_main());
        assert_eq!(row.escapes, ["/tmp/notes", "/w/shop/ESCAPED.txt", "/w/shop-two/a"]);
    }
}
