//! Runs as their events make them, for stored screens.

use domain::attempt::{AttemptKey, Exit, Frozen};
use domain::command::NewRun;
use domain::doing::Doing;
use domain::effect::{Effect as DomainEffect, Outcome};
use domain::event::{
    AgentFinished, AgentMessage, AttemptFinished, AttemptStarted, EffectFinished, EffectStarted, GENESIS, Limited,
    Lost, PhaseFinished, PhaseStarted, RunCreated, RunFailed, RunPaused, RunQueued, RunReady, RunTerminated,
    SnapshotSaved, ToolCalled, UsageReported, WaitingStarted, WorktreeCreated, WorktreeRemoved,
};
use domain::phase::PhaseSpec;
use domain::question::{AnswerOption, QuestionKind, SingleQuestion, in_a_line, written_out};
use domain::status::By;
use domain::tokens::Tokens;
use domain::{Body, Event, RunId, RunState, Timestamp, fold};
use protocol::{Changes, Observations, Observed, ObservedAgent, Row};

/// 2026-11-20 03:16 UTC.
pub(crate) const NOW: i64 = 1_795_144_560_000;

/// A run as its events make it.
pub(crate) struct Play {
    events: Vec<Event>,
    at: i64,
    seen: Observations,
}

impl Play {
    pub(crate) fn new(id: &str, name: &str, scenario: &str, minutes_ago: i64) -> Self {
        let play = Self { events: Vec::new(), at: NOW - minutes_ago * 60_000, seen: Observations::default() };
        let run = NewRun {
            name: name.to_owned(),
            repo: "/home/dev/acme/shop".to_owned(),
            base: "main".to_owned(),
            base_commit: "4f2c91e0".repeat(5),
            branch: format!("pilothouse/{name}"),
            worktree: format!("/home/dev/acme/shop.worktrees/{name}"),
            agent: "rehearsal".to_owned(),
            model: Some(scenario.to_owned()),
            task: "do it".to_owned(),
            phases: vec![PhaseSpec { name: "build".to_owned(), prompt: "do it".to_owned(), ..PhaseSpec::default() }],
            release_unchanged: true,
            ..NewRun::unknown(RunId::parse(id).expect("an id"))
        };
        play.add(false, RunCreated { run: Box::new(run) }).add(false, RunQueued {})
    }

    pub(crate) fn add(mut self, of_attempt: bool, body: impl Into<Body>) -> Self {
        let key = of_attempt.then(|| AttemptKey { phase: "build".to_owned(), attempt: 1 });
        let (phase, attempt) = key.map(|k| (k.phase, k.attempt)).unzip();
        self.at += 1_000;
        let seq = self.events.len() as u64 + 1;
        let at = Timestamp::from_millis(self.at);
        self.events.push(Event { seq, at, phase, attempt, body: body.into(), src: None, prev: GENESIS.to_owned() });
        self
    }

    pub(crate) fn at_work(self) -> Self {
        let id = self.events[0].clone();
        let Body::RunCreated(created) = &id.body else { unreachable!("the first event") };
        let (path, branch, head) =
            (created.run.worktree.clone(), created.run.branch.clone(), created.run.base_commit.clone());
        let start = DomainEffect::StartAttempt(AttemptKey { phase: "build".to_owned(), attempt: 1 });
        self.add(false, WorktreeCreated { path, branch, head })
            .add(true, PhaseStarted { index: 1, count: 1, checkpoint: Some(0), resumes: None })
            .add(false, EffectStarted { id: 1, effect: start })
            .add(
                true,
                AttemptStarted {
                    pid: 4242,
                    keeper_pid: 4241,
                    reads: None,
                    sandbox: None,
                    metered: false,
                    paid_by: None,
                },
            )
            .add(false, EffectFinished { id: 1, outcome: Outcome::Done })
            .says("I will look at the code first.")
            .spends(412_000)
    }

    pub(crate) fn says(self, text: &str) -> Self {
        self.add(true, AgentMessage { text: text.to_owned() })
    }

    pub(crate) fn spends(self, n: u64) -> Self {
        let tokens = Tokens { input: n / 4, output: n / 4, cache_read: n / 4, cache_write: n - n / 4 * 3 };
        self.add(true, UsageReported { tokens, ..UsageReported::default() })
    }

    pub(crate) fn calls(self, name: &str, about: &str) -> Self {
        self.add(true, ToolCalled { id: "t".to_owned(), name: name.to_owned(), about: about.to_owned(), full: None })
    }

    pub(crate) fn asks(self, text: &str) -> Self {
        let question = WaitingStarted {
            id: "q1".to_owned(),
            text: text.to_owned(),
            choices: vec!["allow".to_owned(), "deny".to_owned()],
            tool: Some("Bash".to_owned()),
            input: None,
            ..WaitingStarted::default()
        };
        self.add(true, question)
    }

    /// Asks two questions at once, as Claude does: one with options, one in words.
    pub(crate) fn asks_each(self) -> Self {
        let option = |label: &str, about: &str| AnswerOption {
            label: label.to_owned(),
            about: about.to_owned(),
            value: String::new(),
        };
        let library = SingleQuestion {
            id: "library".to_owned(),
            header: "Library".to_owned(),
            text: "Which library shall read the settings?".to_owned(),
            options: vec![option("toml", "the one that is there"), option("figment", "several sources")],
            ..SingleQuestion::default()
        };
        let name = SingleQuestion {
            id: "name".to_owned(),
            text: "What shall the new command be called?".to_owned(),
            ..SingleQuestion::default()
        };
        let asks = vec![library, name];
        let question = WaitingStarted {
            id: "q1".to_owned(),
            text: in_a_line("", &asks),
            kind: QuestionKind::Questions,
            full: Some(written_out("", &asks)),
            asks,
            ..WaitingStarted::default()
        };
        self.add(true, question)
    }

    pub(crate) fn ends(self, ok: bool, text: &str) -> Self {
        let exit = Exit { code: Some(i32::from(!ok)), ..Exit::default() };
        self.add(true, AgentFinished { ok, text: text.to_owned() }).add(true, AttemptFinished { exit })
    }

    pub(crate) fn changed(mut self, files: u64, added: u64, removed: u64) -> Self {
        let value = Changes { files, added, removed };
        self.seen.changes = Some(Observed { value, at: Timestamp::from_millis(self.at) });
        self
    }

    pub(crate) fn state(&self) -> RunState {
        fold::all(&self.events)
    }

    pub(crate) fn row(&self) -> Row {
        protocol::row(&self.state(), &self.seen).expect("a row")
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.events.iter().map(Event::to_line).collect()
    }
}

/// An agent that was started by hand.
pub(crate) fn by_hand(id: &str, agent: &str, pid: u32, doing: Result<Doing, String>) -> Row {
    protocol::observed(&ObservedAgent {
        id: RunId::parse(id).expect("an id"),
        pid,
        agent: agent.to_owned(),
        model: (agent == "claude").then(|| "claude-opus-4-8".to_owned()),
        repo: "/home/dev/acme/shop".to_owned(),
        worktree: "/home/dev/acme/shop".to_owned(),
        branch: Some("main".to_owned()),
        terminal: Some("tmux %3 (pts/7)".to_owned()),
        inside: None,
        doing,
        started_at: Some(Timestamp::from_millis(NOW - 3_600_000)),
        last_at: Some(Timestamp::from_millis(NOW - 120_000)),
        tokens: (agent == "claude").then_some(Tokens { input: 30, output: 252, cache_read: 28_604, cache_write: 826 }),
        stopped: (0, 3),
        cpu: Some(0.02),
        rss_bytes: Some(340 << 20),
    })
}

/// Every status that there is so far.
pub(crate) fn night() -> Vec<Play> {
    let done = || PhaseFinished { head: "8c1d02fa".repeat(5), leftovers: 2 };
    vec![
        Play::new("aaaaa2", "fix-login", "asks", 22)
            .at_work()
            .calls("Edit", "package.json")
            .asks("Bash: npm publish --dry-run")
            .changed(6, 88, 12),
        Play::new("aaaaa3", "add-audit", "fails", 41).at_work().spends(900).ends(false, "3 of 214 tests fail").add(
            true,
            RunFailed {
                phase: Some("build".to_owned()),
                reason: "3 of 214 tests fail, and I know no other way".to_owned(),
            },
        ),
        Play::new("aaaaa4", "import-data", "slow", 31).at_work().add(
            true,
            Lost {
                reason: "its keeper ended without an exit record, and nothing of it lives".to_owned(),
                survivors: 0,
            },
        ),
        Play::new("aaaaa5", "rename-user", "slow", 52).at_work().calls("Edit", "src/user.rs").changed(9, 41, 40),
        Play::new("aaaaa6", "upgrade-deps", "limited", 25).at_work().add(
            true,
            Limited {
                resets_at: Some(Timestamp::from_millis(NOW + 24 * 60_000)),
                reason: "five_hour limit".to_owned(),
            },
        ),
        Play::new("aaaaa7", "a-name-that-is-far-too-long-for-its-col", "slow", 1),
        Play::new("aaaaa8", "api-docs", "success", 70)
            .at_work()
            .ends(true, "Done.")
            .add(true, done())
            .add(true, RunReady { changed: true })
            .changed(3, 12_345, 3),
        Play::new("aaaaa9", "load-test", "forks", 180)
            .at_work()
            .add(true, RunTerminated { by: By::Person, untold: None })
            .changed(0, 0, 0),
        Play::new("aaaab2", "port-tests", "slow", 31).at_work().changed(4, 7, 0).add(
            true,
            RunPaused {
                by: By::Person,
                reason: "paused by a person".to_owned(),
                frozen: Frozen { n: 3, of: 3, means: "freezer".to_owned() },
            },
        ),
        Play::new("aaaab3", "flaky-tests", "no-change", 190)
            .at_work()
            .ends(true, "There is nothing to do.")
            .add(true, RunReady { changed: false })
            .add(false, SnapshotSaved { name: "aaaab3.7".to_owned(), bytes: 0, left_out: Vec::new() })
            .add(false, WorktreeRemoved { by: By::Person, branch: true }),
    ]
}
