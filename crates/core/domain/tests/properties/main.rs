//! What holds for every event and every order of events.

mod delivering;
mod proving;

use domain::attempt::{AttemptKey, Exit, Frozen};
use domain::budget::{Budget, BudgetOf, Used};
use domain::check::{CheckSpec, Counts, Verdict};
use domain::command::NewRun;
use domain::effect::{Effect, Outcome};
use domain::event::{
    Adopted, AgentFinished, AgentMessage, AgentRetrying, AgentSession, AttemptFinished, AttemptStarted,
    BackgroundEnded, BackgroundStarted, BudgetReached, BudgetSet, BudgetWarned, CallEnd, CheckFinished, CheckRequested,
    CheckStarted, CheckpointRestored, CheckpointSaved, CheckpointsDropAsked, CheckpointsDropped, EffectFinished,
    EffectStarted, EnvironmentLeased, GENESIS, Limited, LimitedEnded, LimitedWaits, Lost, ModelCalled, Note, Other,
    PhaseFinished, PhaseStarted, RemovalRequested, RepairRequested, ReplyGiven, RequestRefused, RestoreRequested,
    RetryRequested, RollbackRequested, RunCreated, RunDismissed, RunFailed, RunMoved, RunPaused, RunQueued, RunReady,
    RunResumed, RunTerminated, SetupFinished, SnapshotSaved, TerminateRequested, ToolCalled, ToolReturned, TurnEnded,
    TurnStarted, Unread, UsageReported, WaitingEnded, WaitingStarted, WordsGiven, WorkCommitted, WorktreeCreated,
    WorktreeRemoved, WorktreeRestored,
};
use domain::gate::Method;
use domain::money::Usd;
use domain::phase::PhaseSpec;
use domain::status::By;
use domain::tokens::Tokens;
use domain::{Body, Event, RunId, Source, Timestamp, decide, fold, group};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn phase() -> impl Strategy<Value = String> {
    prop_oneof![Just("plan".to_owned()), Just("build".to_owned()), text()]
}

fn key() -> impl Strategy<Value = AttemptKey> {
    (phase(), 0u32..3).prop_map(|(phase, attempt)| AttemptKey { phase, attempt })
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![Just(By::Person), Just(By::Budget), Just(By::Pilothouse)]
}

fn tokens() -> impl Strategy<Value = Tokens> {
    let n = || prop_oneof![0u64..1_000_000, Just(u64::MAX)];
    (n(), n(), n(), n()).prop_map(|(input, output, cache_read, cache_write)| Tokens {
        input,
        output,
        cache_read,
        cache_write,
    })
}

fn new_run() -> impl Strategy<Value = NewRun> {
    let phases = prop::collection::vec(
        (phase(), text(), any::<bool>()).prop_map(|(name, prompt, only_checks)| {
            let checks = vec!["test".to_owned()];
            PhaseSpec { name, prompt, only_checks, checks, repair: 2, ..PhaseSpec::default() }
        }),
        0..3,
    );
    (any::<[u8; 6]>(), text(), text(), prop::option::of(text()), phases).prop_map(|(id, name, path, model, phases)| {
        NewRun {
            name,
            repo: path.clone(),
            base: "main".to_owned(),
            base_commit: path.clone(),
            branch: path.clone(),
            worktree: path,
            agent: "rehearsal".to_owned(),
            model,
            task: "t".to_owned(),
            phases,
            release_unchanged: true,
            checks: vec![CheckSpec {
                name: "test".to_owned(),
                run: "true".to_owned(),
                timeout_ms: 1,
                required: true,
                weight: 1,
                report: None,
            }],
            ..NewRun::unknown(RunId::from_random(id))
        }
    })
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::CreateWorktree),
        key().prop_map(Effect::StartAttempt),
        key().prop_map(Effect::CloseInput),
        phase().prop_map(|phase| Effect::CommitLeftovers { phase }),
        (phase(), 0u32..4).prop_map(|(name, n)| Effect::RunCheck { name, n }),
        (key(), any::<u64>(), by()).prop_map(|(attempt, grace_ms, by)| Effect::StopAttempt { attempt, grace_ms, by }),
        (key(), by(), text()).prop_map(|(attempt, by, reason)| Effect::Freeze { attempt, by, reason }),
        (key(), by()).prop_map(|(attempt, by)| Effect::Thaw { attempt, by }),
        (0u32..4, text()).prop_map(|(n, why)| Effect::SaveCheckpoint { n, why }),
        (0u32..4).prop_map(|n| Effect::RestoreCheckpoint { n }),
        Just(Effect::MeasureWork),
        Just(Effect::DropCheckpoints),
        (method(), text(), prop::option::of(any::<u64>())).prop_map(|(method, head, pull)| Effect::Merge {
            method,
            onto: head.clone(),
            before: head.clone(),
            head,
            pull
        }),
        delivering::work().prop_map(|work| Effect::Deliver { work }),
        (0u32..4, any::<u64>()).prop_map(|(k, seq)| Effect::WriteProof { k, seq }),
        (text(), by(), prop::option::of(text())).prop_map(|(snapshot, by, at)| Effect::RemoveWorktree {
            snapshot,
            by,
            at
        }),
        text().prop_map(|snapshot| Effect::RestoreWorktree { snapshot }),
        (key(), text(), prop::option::of(text())).prop_map(|(attempt, data, question)| Effect::Write {
            attempt,
            write: data.clone(),
            how: data.clone(),
            data,
            question
        }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Done),
        text().prop_map(Outcome::Failed),
        text().prop_map(Outcome::Refused),
        text().prop_map(Outcome::Unknown)
    ]
}

fn exit() -> impl Strategy<Value = Exit> {
    let number = || prop::option::of(any::<i32>());
    (number(), number(), prop::option::of(text()), any::<u32>(), any::<bool>()).prop_map(
        |(code, signal, error, survivors_ended, asked)| {
            let timed_out = !asked && code.is_none();
            Exit { code, signal, error, survivors_ended, asked, timed_out, last_words: None }
        },
    )
}

fn history() -> impl Strategy<Value = Body> {
    let frozen = (any::<u32>(), any::<u32>(), text()).prop_map(|(n, of, means)| Frozen { n, of, means });
    prop_oneof![
        (by(), text(), frozen).prop_map(|(by, reason, frozen)| RunPaused { by, reason, frozen }.into()),
        by().prop_map(|by| RunResumed { by }.into()),
        (0u32..4, text(), text(), text()).prop_map(|(n, commit, head, why)| {
            CheckpointSaved { n, tree: commit.clone(), commit, head, why }.into()
        }),
        (0u32..4, text()).prop_map(|(n, head)| CheckpointRestored { n, kept: vec![head.clone()], head }.into()),
        (phase(), any::<bool>(), any::<bool>(), by()).prop_map(|(phase, resume, only_step, by)| RetryRequested {
            phase,
            resume,
            only_step,
            by
        }
        .into()),
        (0u32..4, by()).prop_map(|(to, by)| RollbackRequested { to, by }.into()),
        Just(RunDismissed {}.into()),
        by().prop_map(|by| CheckpointsDropAsked { by }.into()),
        (0u32..9).prop_map(|refs| CheckpointsDropped { refs }.into()),
        (text(), text(), by()).prop_map(|(repo, worktree, by)| RunMoved { repo, worktree, by }.into()),
        by().prop_map(|by| RemovalRequested { by }.into()),
        (text(), any::<u64>(), prop::collection::vec(text(), 0..3)).prop_map(|(name, bytes, left_out)| SnapshotSaved {
            name,
            bytes,
            left_out
        }
        .into()),
        (by(), any::<bool>()).prop_map(|(by, branch)| WorktreeRemoved { by, branch }.into()),
        by().prop_map(|by| RestoreRequested { by }.into()),
        (text(), text()).prop_map(|(path, head)| WorktreeRestored { path, head }.into()),
    ]
}

fn lifecycle() -> impl Strategy<Value = Body> {
    prop_oneof![
        new_run().prop_map(|run| RunCreated { run: Box::new(run) }.into()),
        Just(RunQueued {}.into()),
        (text(), text(), text()).prop_map(|(path, branch, head)| WorktreeCreated { path, branch, head }.into()),
        (any::<u32>(), any::<u32>(), prop::option::of(0u32..4), prop::option::of(text()))
            .prop_map(|(index, count, checkpoint, resumes)| PhaseStarted { index, count, checkpoint, resumes }.into()),
        (any::<u32>(), any::<u32>()).prop_map(|(pid, keeper_pid)| AttemptStarted {
            pid,
            keeper_pid,
            reads: None,
            sandbox: None,
            metered: false,
            paid_by: None
        }
        .into()),
        exit().prop_map(|exit| AttemptFinished { exit }.into()),
        (text(), any::<u32>()).prop_map(|(head, leftovers)| PhaseFinished { head, leftovers }.into()),
        any::<bool>().prop_map(|changed| RunReady { changed }.into()),
        (prop::collection::vec(text(), 0..3), any::<u64>()).prop_map(|(copied, bytes)| EnvironmentLeased {
            copied,
            bytes
        }
        .into()),
        any::<u32>().prop_map(|commands| SetupFinished { commands }.into()),
        (prop::option::of(phase()), text()).prop_map(|(phase, reason)| RunFailed { phase, reason }.into()),
        (by(), any::<u64>()).prop_map(|(by, grace_ms)| TerminateRequested { by, grace_ms }.into()),
        by().prop_map(|by| RunTerminated { by, untold: None }.into()),
        any::<u32>().prop_map(|keeper_pid| Adopted { keeper_pid }.into()),
        (text(), 0u32..3).prop_map(|(reason, survivors)| Lost { reason, survivors }.into()),
        text().prop_map(|text| Note { text }.into()),
        (0u64..5, effect()).prop_map(|(id, effect)| EffectStarted { id, effect }.into()),
        (0u64..5, outcome()).prop_map(|(id, outcome)| EffectFinished { id, outcome }.into()),
        history(),
        (text(), by()).prop_map(|(text, by)| ReplyGiven { text, by }.into()),
        text().prop_map(|kind| Body::Other(Other { kind: format!("later.{kind}"), data: "{\"n\":[1]}".to_owned() })),
    ]
}

fn agent() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(), prop::option::of(text())).prop_map(|(session, model)| AgentSession {
            session,
            model,
            ..AgentSession::default()
        }
        .into()),
        text().prop_map(|text| AgentMessage { text }.into()),
        (any::<u32>(), text()).prop_map(|(attempt, reason)| AgentRetrying { attempt, reason }.into()),
        (any::<bool>(), text()).prop_map(|(ok, text)| AgentFinished { ok, text }.into()),
        text().prop_map(|text| WordsGiven { text }.into()),
        (text(), text()).prop_map(|(id, what)| RequestRefused { reply: id.clone(), id, what }.into()),
        Just(TurnStarted {}.into()),
        (text(), any::<u32>()).prop_map(|(text, open)| TurnEnded { text, open }.into()),
        (text(), text()).prop_map(|(id, about)| BackgroundStarted { id, about }.into()),
        (text(), text()).prop_map(|(id, how)| BackgroundEnded { id, how }.into()),
        (text(), text(), text()).prop_map(|(id, name, about)| ToolCalled { id, name, about, full: None }.into()),
        (text(), any::<bool>(), text()).prop_map(|(id, ok, text)| ToolReturned { id, ok, text }.into()),
        (tokens(), prop::option::of(text())).prop_map(|(tokens, of)| UsageReported {
            tokens,
            of,
            ..UsageReported::default()
        }
        .into()),
        (0u32..3, text(), prop::option::of(text())).prop_map(|(id, text, input)| {
            let (id, choices, tool) = (id.to_string(), vec![text.clone()], Some(text.clone()));
            WaitingStarted { id, text, choices, tool, input, ..WaitingStarted::default() }.into()
        }),
        (0u32..3, text()).prop_map(|(id, how)| WaitingEnded { id: id.to_string(), how }.into()),
        (prop::option::of(0i64..4_000_000_000_000), text())
            .prop_map(|(at, reason)| { Limited { resets_at: at.map(Timestamp::from_millis), reason }.into() }),
        Just(LimitedEnded {}.into()),
        any::<u32>().prop_map(|ms| LimitedWaits { until: Timestamp::from_millis(i64::from(ms)) }.into()),
        (any::<u64>(), any::<u64>(), text()).prop_map(|(from, len, why)| Unread { from, len, why }.into()),
    ]
}

fn checking() -> impl Strategy<Value = Body> {
    let names = || prop::collection::vec(prop_oneof![Just("test".to_owned()), text()], 0..3);
    let verdict = prop_oneof![Just(Verdict::Pass), Just(Verdict::Fail), Just(Verdict::Error), Just(Verdict::Skipped)];
    let counts =
        prop::option::of((any::<u64>(), any::<u64>()).prop_map(|(tests, failed)| Counts { tests, failed, skipped: 0 }));
    prop_oneof![
        (text(), any::<u32>()).prop_map(|(head, leftovers)| WorkCommitted { head, leftovers }.into()),
        (names(), by()).prop_map(|(checks, by)| CheckRequested { checks, by }.into()),
        (text(), 0u32..4, text()).prop_map(|(name, n, command)| CheckStarted { name, n, command }.into()),
        (text(), 0u32..4, verdict, exit(), counts, names()).prop_map(|(name, n, verdict, exit, counts, failed)| {
            let (head, tail) = (name.clone(), name.clone());
            CheckFinished { name, n, verdict, exit, counts, failed, head, tail, ..CheckFinished::default() }.into()
        }),
        (1u32..4, 0u32..4, names()).prop_map(|(n, of, checks)| RepairRequested { n, of, checks }.into()),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![Just(Method::Squash), Just(Method::Merge), Just(Method::Rebase)]
}

fn usd() -> impl Strategy<Value = Usd> {
    // What JSON tells apart.
    (0u64..2_000_000_000_000_000).prop_map(Usd::from_pico)
}

fn spending() -> impl Strategy<Value = Body> {
    let budget =
        (prop::option::of(any::<u64>()), prop::option::of(usd())).prop_map(|(tokens, usd)| Budget { tokens, usd });
    let of = prop_oneof![Just(BudgetOf::Run), Just(BudgetOf::Repository), Just(BudgetOf::Day)];
    let end = prop_oneof![Just(CallEnd::Whole), Just(CallEnd::Left), Just(CallEnd::Refused)];
    let call = (text(), prop::option::of(tokens()), prop::option::of(usd()), prop::option::of(100u16..600), end);
    prop_oneof![
        call.prop_map(|(id, tokens, cost_usd, status, end)| ModelCalled {
            asked: Some(id.clone()),
            provider: "openai".to_owned(),
            answered: None,
            began_at: Timestamp::from_millis(1_795_000_000_000),
            first_byte_ms: None,
            duration_ms: 7,
            finish: None,
            error: None,
            retry: Some(1),
            session: None,
            cache_write_1h: 3,
            beside: Vec::new(),
            over: None,
            at_most: Some(Used { tokens: 5, usd: Usd::ZERO }),
            special: None,
            id,
            tokens,
            cost_usd,
            status,
            end,
        }
        .into()),
        (of.clone(), text()).prop_map(|(of, used)| BudgetWarned { of, used }.into()),
        (of, text()).prop_map(|(of, used)| BudgetReached { of, used }.into()),
        (budget, any::<bool>()).prop_map(|(budget, alone)| BudgetSet { budget, alone }.into()),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let source = (text(), prop::option::of(any::<u64>())).prop_map(|(file, to)| Source { file, to });
    let source = prop_oneof![source, Just(Source { file: "stdout".to_owned(), to: Some(9) })];
    let at = (any::<u64>(), 0i64..4_000_000_000_000);
    (
        at,
        prop::option::of(phase()),
        prop::option::of(0u32..3),
        prop_oneof![lifecycle(), agent(), checking(), delivering::delivering(), proving::proving(), spending()],
        prop::option::of(source),
    )
        .prop_map(|((seq, at), phase, attempt, body, src)| Event {
            seq,
            at: Timestamp::from_millis(at),
            phase,
            attempt,
            body,
            src,
            prev: GENESIS.to_owned(),
        })
}

proptest! {
    #[test]
    fn every_event_comes_back_from_its_line(event in event()) {
        let line = event.to_line();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Event::from_line(&line).expect("its own line"), event);
    }

    /// Every prefix of any order of events is a state that each question can be asked of.
    /// Every prefix of events in any order is a state that every question can be asked of.
    #[test]
    fn every_prefix_is_a_valid_state(events in prop::collection::vec(event(), 0..40)) {
        let mut state = domain::RunState::default();
        for event in &events {
            fold::apply(&mut state, event);
            let _: group::Group = group::of(&state);
            let _: bool = state.takes_a_slot();
            let next = decide::next(&state, true);
            prop_assert!(next.effects.len() <= 1, "one step at a time");
            prop_assert!(state.status.is_settled() || !state.status.word().is_empty());
        }
        prop_assert_eq!(&state, &fold::all(&events), "folding in one go is folding step by step");
    }

    #[test]
    fn tokens_add_up_whatever_stands_between(
        first in prop::collection::vec(event(), 0..20),
        second in prop::collection::vec(event(), 0..20),
    ) {
        let sum = |events: &[Event]| fold::all(events).tokens.unwrap_or_default();
        let mut parts = sum(&first);
        parts += sum(&second);
        let whole: Vec<Event> = first.iter().chain(&second).cloned().collect();
        prop_assert_eq!(sum(&whole), parts);
    }

    #[test]
    fn a_malformed_line_is_an_error(line in "\\PC{0,80}") {
        prop_assert!(Event::from_line(&line).is_err());
    }
}

#[test]
fn every_written_kind_is_generated() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..12_000 {
        let body =
            prop_oneof![lifecycle(), agent(), checking(), delivering::delivering(), proving::proving(), spending()]
                .new_tree(&mut runner)
                .expect("a body")
                .current();
        seen.insert(body.kind().to_owned());
    }
    let missing: Vec<_> = Body::KINDS.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "no generator for {missing:?}");
}
