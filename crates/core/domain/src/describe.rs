//! One event as one readable line: a word for what it is, and what there is to say.

use crate::call::CallCells;
use crate::effect::{Effect, Outcome};
use crate::event::{Body, Event, Merge, ModelCalled, PullOpened, Review, WorkMeasured};
use crate::figures;
use crate::text::{self, short};
use crate::timestamp::Timestamp;

/// A word of at most ten characters and a single harmless line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub word: &'static str,
    pub line: String,
    /// Of interest to whoever looks into how pilothouse works, not into what the agent did.
    pub minor: bool,
    /// A moment that the line names, in UTC.
    pub names: Option<Timestamp>,
}

impl Described {
    /// The line with its moment as `clock` says it.
    pub fn told(&self, clock: impl Fn(Timestamp) -> String) -> String {
        self.names.map_or_else(|| self.line.clone(), |at| self.line.replace(&at.to_string(), &clock(at)))
    }
}

/// Describes an event for people. The line holds nothing that steers a terminal.
pub fn describe(event: &Event) -> Described {
    let (word, line, minor) = parts(event);
    #[expect(clippy::wildcard_enum_match_arm, reason = "a moment that is not named is in the line all the same")]
    let names = match &event.body {
        Body::Limited(limited) => limited.resets_at,
        Body::LimitedWaits(waits) => Some(waits.until),
        _ => None,
    };
    let line = if is_prose(&event.body) { text::line(&line) } else { text::shown(&line) };
    Described { word, line, minor, names }
}

/// Whether it is said in words, which may be coloured and have several lines. All else names files, commands and the like, of
/// which every sign counts.
fn is_prose(body: &Body) -> bool {
    matches!(
        body,
        Body::AgentMessage(_)
            | Body::AgentFinished(_)
            | Body::AgentRetrying(_)
            | Body::ToolReturned(_)
            | Body::CheckFinished(_)
            | Body::ReviewGiven(_)
            | Body::CommentGiven(_)
            | Body::RunFailed(_)
            | Body::Limited(_)
            | Body::Lost(_)
            | Body::Note(_)
            | Body::EffectFinished(_)
            | Body::Other(_)
    )
}

fn parts(event: &Event) -> (&'static str, String, bool) {
    match &event.body {
        Body::RunCreated(d) => {
            ("created", format!("{} from {} {}", d.run.name, d.run.base, short(&d.run.base_commit)), false)
        }
        Body::RunQueued(_) => ("queued", String::new(), false),
        Body::WorktreeCreated(d) => ("worktree", format!("{} on {}", d.path, d.branch), false),
        Body::EnvironmentLeased(d) => ("copied", d.copied.join(" "), false),
        Body::SetupFinished(d) => ("set up", format!("{} commands ended well", d.commands), false),
        Body::PhaseStarted(d) => {
            let (name, attempt) = (event.phase.as_deref().unwrap_or(""), event.attempt.unwrap_or(1));
            ("phase", format!("{}/{} {name}, attempt {attempt}", d.index, d.count), false)
        }
        Body::AttemptStarted(d) => {
            let inside = d.sandbox.as_ref().map_or_else(String::new, |by| format!(", held inside by {by}"));
            let paid = d.paid_by.as_ref().map_or_else(String::new, |by| format!(", paid by {by}"));
            ("started", format!("agent {}, keeper {}{inside}{paid}", d.pid, d.keeper_pid), false)
        }
        Body::AgentSession(d) => (
            "session",
            [Some(d.session.as_str()), d.model.as_deref()].iter().flatten().copied().collect::<Vec<_>>().join(" "),
            false,
        ),
        Body::AgentMessage(d) => ("says", d.text.clone(), false),
        Body::AgentRetrying(d) => ("retries", format!("{} (attempt {})", d.reason, d.attempt), false),
        Body::AgentFinished(d) => (if d.ok { "result" } else { "gave up" }, d.text.clone(), false),
        Body::TurnStarted(_) => ("turn", "began".to_owned(), true),
        Body::TurnEnded(d) => ("turn", format!("over, {} in the background: {}", d.open, d.text), d.open == 0),
        Body::BackgroundStarted(d) => ("background", d.about.clone(), false),
        Body::BackgroundEnded(d) => ("background", d.how.clone(), false),
        Body::ToolCalled(d) => ("calls", format!("{} {}", d.name, d.about), false),
        Body::ToolReturned(d) if !d.ok && d.text.trim().is_empty() => ("error", "nothing was said".to_owned(), false),
        Body::ToolReturned(d) => (if d.ok { "returned" } else { "error" }, d.text.clone(), false),
        Body::UsageReported(d) => {
            let t = d.tokens;
            let line = format!("~{} in, {} cached, {} out", t.input, t.cache_read + t.cache_write, t.output);
            ("usage", line, true)
        }
        Body::ModelCalled(d) => ("model", called(d), true),
        Body::BudgetWarned(d) => ("budget", format!("{}: {} used", d.of.word(), d.used), false),
        Body::BudgetReached(d) => ("budget", format!("{}: reached, {} used", d.of.word(), d.used), false),
        Body::BudgetSet(d) => {
            let alone = if d.alone { ", whatever day and repository have used" } else { "" };
            ("budget", format!("from now on {} in all{alone}", d.budget), false)
        }
        Body::WaitingStarted(d) => ("asks", d.text.clone(), false),
        Body::WaitingEnded(d) => ("answered", d.how.clone(), false),
        Body::WordsGiven(d) => ("words", format!("for the end of its turn: {}", d.text), false),
        Body::RequestRefused(d) => ("refused", format!("what it asked pilothouse for: {}", d.what), false),
        Body::Limited(d) => {
            let until = d.resets_at.map_or_else(|| "no time given".to_owned(), |at| format!("until {at}"));
            ("limited", format!("{}, {until}", d.reason), false)
        }
        Body::LimitedWaits(d) => ("waits", format!("until {}, then goes on by itself", d.until), false),
        Body::LimitedEnded(_) => ("goes on", "the limit is over".to_owned(), false),
        Body::Unread(d) => ("unread", format!("{} bytes at {}: {}", d.len, d.from, d.why), true),
        Body::AttemptFinished(d) => {
            let survivors = match d.exit.survivors_ended {
                0 => String::new(),
                1 => "; 1 left-over process ended".to_owned(),
                n => format!("; {n} left-over processes ended"),
            };
            let stayed = if d.exit.timed_out { "; it did not leave and was ended" } else { "" };
            ("ended", format!("{}{survivors}{stayed}", d.exit.describe()), false)
        }
        Body::WorkCommitted(d) => ("work", format!("is at {}{}", short(&d.head), left_over(d.leftovers)), false),
        Body::CheckRequested(d) => ("check", format!("asked for again: {}", d.checks.join(", ")), false),
        Body::CheckStarted(d) => ("checks", format!("{}: {}", d.name, d.command), false),
        Body::CheckFinished(d) => {
            ("checked", format!("{} {}, {}", d.name, d.says(), figures::seconds(d.duration_ms)), false)
        }
        Body::RepairRequested(d) => {
            ("repair", format!("{} of {}: the agent is told of {}", d.n, d.of, d.checks.join(", ")), false)
        }
        Body::PhaseFinished(d) => {
            let (name, left) = (event.phase.as_deref().unwrap_or(""), left_over(d.leftovers));
            ("finished", format!("{name} at {}{left}", short(&d.head)), false)
        }
        Body::ProofRequested(_) => ("proof", "asked for".to_owned(), true),
        Body::WorkMeasured(d) => ("measured", measured(d), true),
        Body::ProofWritten(d) => {
            ("proof", format!("pack {} covers events 1 to {}, score {}", d.k, d.seq, figures::share(d.score)), false)
        }
        Body::ReviewGiven(d) => {
            let word = if d.verdict == Review::Approve { "approved" } else { "changes" };
            let comments = match d.comments.len() {
                0 => String::new(),
                1 => " with 1 comment".to_owned(),
                n => format!(" with {n} comments"),
            };
            let text = if d.text.is_empty() { String::new() } else { format!(": {}", d.text) };
            (word, format!("{}{comments}{text}", short(&d.head)), false)
        }
        Body::GateDecided(d) if d.open => ("gate", format!("is open at {}", short(&d.head)), false),
        Body::GateDecided(d) => ("gate", format!("is closed: {}", d.reasons.join("; ")), false),
        Body::MergeRequested(d) => {
            ("merge", format!("{} by {} onto {}", short(&d.head), d.method.word(), short(&d.base)), false)
        }
        Body::PullAsked(d) => ("pr", format!("asked to be {}", d.to.word()), true),
        Body::PullOpened(d) => ("pr", format!("opened: {}", pull(d)), false),
        Body::PullChanged(d) => ("pr", pull(&d.pull), false),
        Body::CommentGiven(d) if d.comment.text.is_empty() => {
            ("comment", format!("taken back: {}:{}", d.comment.path, d.comment.line), false)
        }
        Body::CommentGiven(d) => {
            ("comment", format!("{}:{} {}", d.comment.path, d.comment.line, d.comment.text), false)
        }
        Body::ConflictFound(d) => ("conflict", format!("with {}", d.says()), false),
        Body::EscapeFound(d) => ("escape", format!("{} ({}) writes {}", d.program, d.pid, d.path), false),
        Body::ConflictCleared(d) => ("conflict", format!("no more with {}", d.name), false),
        Body::RunMerged(d) => ("merged", format!("as {} by {}", short(&d.commit), d.method.word()), false),
        Body::RunReady(d) => {
            ("ready", if d.changed { "waits for review" } else { "nothing was changed" }.to_owned(), false)
        }
        Body::RunFailed(d) => ("failed", d.reason.clone(), false),
        Body::TerminateRequested(d) => ("terminate", format!("asked for, grace {} ms", d.grace_ms), false),
        Body::RunTerminated(e) => {
            let lives = e.untold.clone().unwrap_or_else(|| "nothing of it lives".to_owned());
            ("terminated", format!("{lives}; worktree and branch are kept"), false)
        }
        Body::RunPaused(d) => ("paused", format!("{}; {}", d.reason, d.frozen.describe()), false),
        Body::RunResumed(_) => ("resumed", "every process goes on".to_owned(), false),
        Body::CheckpointSaved(d) => ("checkpoint", format!("{} {}", d.n, d.why), false),
        Body::CheckpointRestored(d) => {
            let kept = match d.kept.as_slice() {
                [] => String::new(),
                refs => format!("; what no checkpoint had is in {}", refs.join(" ")),
            };
            ("back", format!("at checkpoint {}, branch at {}{kept}", d.n, short(&d.head)), false)
        }
        Body::RetryRequested(d) => {
            let how = if d.only_step {
                "only the step that failed"
            } else if d.resume {
                "going on in the agent's session"
            } else {
                "anew from where it began"
            };
            ("retry", format!("{}, {how}", d.phase), false)
        }
        Body::ReplyGiven(d) => ("answered", format!("what it asked last: {}", d.text), false),
        Body::RollbackRequested(d) => ("rollback", format!("to checkpoint {}", d.to), false),
        Body::RunDismissed(_) => ("dismissed", String::new(), false),
        Body::CheckpointsDropAsked(_) => ("checkpoints", "asked to go".to_owned(), true),
        Body::CheckpointsDropped(d) => ("dropped", format!("its checkpoints, {} refs", d.refs), false),
        Body::RunMoved(d) => {
            ("moved", format!("its repository is at {}, its worktree at {}", d.repo, d.worktree), false)
        }
        Body::RemovalRequested(d) => {
            let by = if d.by == crate::status::By::Pilothouse {
                "by pilothouse, which lets go what is of no more use"
            } else {
                "by a person"
            };
            ("removal", format!("of the worktree: {by}"), false)
        }
        Body::SnapshotSaved(d) => {
            let left = match d.left_out.len() {
                0 => String::new(),
                n => format!(", {n} that can be built again left out: {}", d.left_out.join(" ")),
            };
            ("snapshot", format!("{} with {} of files{left}", d.name, figures::bytes(d.bytes)), false)
        }
        Body::WorktreeRemoved(d) => {
            ("removed", if d.branch { "the worktree and its branch" } else { "the worktree" }.to_owned(), false)
        }
        Body::RestoreRequested(_) => ("restore", "asked for".to_owned(), false),
        Body::WorktreeRestored(d) => ("restored", format!("{} at {}", d.path, short(&d.head)), false),
        Body::Adopted(d) => ("adopted", format!("keeper {} by a new daemon", d.keeper_pid), true),
        Body::Lost(d) => (if d.survivors == 0 { "lost" } else { "unkept" }, d.reason.clone(), false),
        Body::Note(d) => ("note", d.text.clone(), false),
        Body::EffectStarted(d) => ("does", format!("{} {}", d.id, effect(&d.effect)), true),
        Body::EffectFinished(d) => match &d.outcome {
            Outcome::Done => ("did", d.id.to_string(), true),
            Outcome::Failed(why) => ("could not", format!("step {}: {why}", d.id), false),
            Outcome::Refused(why) => ("refused", format!("step {}: {why}", d.id), false),
            Outcome::Unknown(why) => ("unknown", format!("step {}: {why}", d.id), false),
        },
        Body::Other(other) => ("other", format!("{} {}", other.kind, other.data), true),
    }
}

fn left_over(files: u32) -> String {
    match files {
        0 => String::new(),
        1 => ", 1 left-over file committed".to_owned(),
        n => format!(", {n} left-over files committed"),
    }
}

/// `claude-opus-4-8 39 in, 29k cached, 347 out, $0.12, 2.3s`, and how it ended.
fn called(call: &ModelCalled) -> String {
    let cells = CallCells::of(call);
    let tokens = call.tokens.map(|t| {
        let cached = figures::count(t.cache_read + t.cache_write);
        format!("{} in, {cached} cached, {} out", cells.input, cells.output)
    });
    let parts = [tokens, call.cost_usd.map(|_| cells.cost), Some(cells.took), Some(cells.end)];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    format!("{} {}", cells.model, parts.join(", "))
}

fn measured(work: &WorkMeasured) -> String {
    let merge = match &work.merge {
        Merge::Clean => "merges".to_owned(),
        Merge::Conflicts(paths) => format!("conflicts in {}", paths.join(", ")),
        Merge::Unknown(why) => format!("not known whether it merges: {why}"),
    };
    let lines = figures::lines(work.added, work.removed);
    format!("{} at {}: {} files {lines}, {merge}", short(&work.tree), short(&work.head), work.files)
}

fn pull(pull: &PullOpened) -> String {
    let checks = match pull.work.checks {
        Some(true) => ", checks passed",
        Some(false) => ", checks did not pass",
        None => "",
    };
    let mergeable = if pull.work.mergeable == Some(false) { ", does not merge" } else { "" };
    let (state, head) = (pull.work.state.word(), short(&pull.work.head));
    format!("{} #{} {state} at {head}{checks}{mergeable}", pull.forge, pull.number)
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::LeaseEnvironment => "copy ignored files into the worktree".to_owned(),
        Effect::SetUp { n } => format!("run the set-up commands ({n})"),
        Effect::RunCheck { name, n } => format!("run check {name} ({n})"),
        Effect::MeasureWork => "measure the work".to_owned(),
        Effect::WriteProof { k, seq } => format!("write proof pack {k} of events 1 to {seq}"),
        Effect::Merge { onto, method, head, .. } => format!("merge {} into {onto} by {}", short(head), method.word()),
        Effect::Deliver { work } => format!("have the pull request at {} be {}", short(&work.head), work.state.word()),
        Effect::CreateWorktree => "make the worktree".to_owned(),
        Effect::StartAttempt(key) => format!("start {key}"),
        Effect::StopAttempt { attempt, .. } => format!("stop {attempt}"),
        Effect::CommitLeftovers { phase } => format!("commit what {phase} left"),
        Effect::Write { attempt, .. } => format!("write to {attempt}"),
        Effect::CloseInput(key) => format!("close the input of {key}"),
        Effect::Freeze { attempt, .. } => format!("freeze {attempt}"),
        Effect::Thaw { attempt, .. } => format!("thaw {attempt}"),
        Effect::SaveCheckpoint { n, .. } => format!("save checkpoint {n}"),
        Effect::DropCheckpoints => "let the checkpoints go".to_owned(),
        Effect::RestoreCheckpoint { n } => format!("go back to checkpoint {n}"),
        Effect::RemoveWorktree { snapshot, .. } => format!("remove the worktree into snapshot {snapshot}"),
        Effect::RestoreWorktree { snapshot } => format!("restore the worktree out of snapshot {snapshot}"),
    }
}
