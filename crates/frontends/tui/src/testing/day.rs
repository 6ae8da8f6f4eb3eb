//! A working day in which every column of the table is filled: what README's picture shows.

use domain::Timestamp;
use domain::event::{ConflictFound, Limited, RunReady};
use domain::group::Group;
use domain::money::Usd;
use domain::times::Times;
use protocol::{CheckRow, CheckpointRow, PhaseRow, PullRequest, Row, Today, TokensRow};

use super::play::{NOW, Play};
use super::{TestCockpit, proof_of};
use crate::action::Action;
use crate::glyphs::Glyphs;

const CLAUDE: (&str, &str) = ("claude", "opus");

/// The cockpit of that day, on the run that asks.
pub(crate) fn day() -> TestCockpit {
    let plays = vec![
        Play::new("aaaaa2", "fix-login", "asks", 22)
            .at_work()
            .says("Empty passwords are refused now; the release is next.")
            .calls("Edit", "src/login.js")
            .calls("Bash", "npm test")
            .asks("Bash: npm publish --dry-run")
            .changed(6, 88, 12),
        Play::new("aaaaa3", "add-audit", "fails", 41).at_work().changed(11, 310, 41),
        Play::new("aaaaa4", "schema-v2", "slow", 37).at_work().changed(9, 96, 120),
        Play::new("aaaaa5", "rename-user", "slow", 52).at_work().calls("Edit", "src/user.js").changed(9, 41, 40),
        Play::new("aaaaa6", "upgrade-deps", "limited", 25)
            .at_work()
            .add(
                true,
                Limited {
                    resets_at: Some(Timestamp::from_millis(NOW + 24 * 60_000)),
                    reason: "five_hour limit".to_owned(),
                },
            )
            .changed(2, 140, 96),
        Play::new("aaaaa7", "api-docs", "success", 70)
            .at_work()
            .add(true, RunReady { changed: true })
            .changed(3, 120, 3),
        Play::new("aaaaa8", "add-search", "success", 64)
            .at_work()
            .add(true, RunReady { changed: true })
            .changed(5, 74, 9),
        Play::new("aaaaa9", "flaky-tests", "success", 180)
            .at_work()
            .add(true, RunReady { changed: true })
            .changed(2, 12, 9),
    ];
    let mut rows: Vec<Row> = plays.iter().map(Play::row).collect();
    let figures = [
        // Phase, tokens, dollars, their cap, disk, processor.
        ((2, 3, "build"), 412, 1.92, 5.0, 1_200, Some(0.01)),
        ((3, 3, "verify"), 198, 0.61, 5.0, 840, None),
        ((2, 3, "build"), 731, 2.1, 5.0, 1_100, Some(0.14)),
        ((2, 4, "build"), 77, 0.31, 5.0, 1_100, Some(0.31)),
        ((1, 2, "build"), 120, 0.42, 2.0, 980, Some(0.0)),
        ((3, 3, "verify"), 240, 0.74, 5.0, 610, None),
        ((2, 2, "verify"), 95, 0.38, 2.0, 640, None),
        ((2, 2, "verify"), 88, 0.71, 5.0, 0, None),
    ];
    for (row, (phase, tokens, usd, cap, disk, cpu)) in rows.iter_mut().zip(figures) {
        let (index, count, name) = phase;
        row.phase = Some(PhaseRow { name: name.to_owned(), index, count, attempt: Some(1) });
        (row.agent, row.model) = (CLAUDE.0.to_owned(), Some(CLAUDE.1.to_owned()));
        let total = tokens * 1_000;
        let (input, output) = (total / 20, total / 30);
        let cached = total - input - output;
        row.tokens = Some(TokensRow { input, output, cache_read: cached - cached / 9, cache_write: cached / 9, total });
        row.tokens_source = Some("gateway".to_owned());
        (row.cost_usd, row.budget_usd) = (Some(usd), Some(cap));
        (row.calls, row.calls_cut, row.tokens_unpriced) = (Some(tokens / 9), Some(0), Some(0));
        row.times = Some(Times { thinking_ms: 610_000, tools_ms: 90_000, waiting_ms: 61_000, ..Times::default() });
        row.disk_bytes = Some(disk << 20);
        row.disk_at = Some(Timestamp::from_millis(NOW - 7 * 60_000));
        (row.cpu, row.rss_bytes) = (cpu, cpu.map(|_| 297 << 20));
        row.conflicts_at = Some(Timestamp::from_millis(NOW - 30_000));
        row.task = Some("Reject empty passwords, say so in the form, and publish".to_owned());
        row.checkpoints = checkpoints();
        row.checks = vec![check("test"), check("lint")];
    }
    let [_, audit, schema, _, _, docs, search, flaky] = rows.as_mut_slice() else { unreachable!("eight runs") };
    audit.model = Some("sonnet".to_owned());
    (audit.status, audit.group, audit.needs_you) = ("failed".to_owned(), Group::NeedsYou, true);
    audit.reason = Some("verify: test: 3 of 214 failed".to_owned());
    (schema.group, schema.needs_you) = (Group::NeedsYou, true);
    let conflict = ConflictFound {
        with: domain::RunId::parse("aaaaa5"),
        name: "rename-user".to_owned(),
        paths: vec!["src/user.js".to_owned()],
        yields: true,
    };
    schema.reason = Some("conflicts with rename-user in src/user.js (it is the younger)".to_owned());
    schema.conflicts = vec![conflict];
    proven(docs, 4, 0.91, "open", "approved, and the gate is open");
    proven(search, 5, 0.84, "closed", "waits for review");
    proven(flaky, 2, 0.95, "merged", "");
    (flaky.status, flaky.group, flaky.removed) = ("merged".to_owned(), Group::Finished, true);
    flaky.reason = Some("squashed into main as 9ab01c2".to_owned());
    let mut cockpit = TestCockpit::with(plays, Glyphs::Unicode);
    cockpit.act(Action::AllRows(rows));
    let usd = Usd::new(7.41).expect("an amount");
    let budget = domain::budget::Budget { tokens: None, usd: Usd::new(50.0) };
    cockpit.act(Action::Today(Today { tokens: 1_961_000, usd, unpriced: 0, reported: false, cut: 0, budget }));
    cockpit
}

/// Gives a run a score and a pull request.
fn proven(row: &mut Row, number: u64, score: f64, gate: &str, why: &str) {
    (row.score, row.gate, row.reason) = (Some(score), Some(gate.to_owned()), Some(why.to_owned()));
    row.pr = Some(PullRequest {
        forge: "local".to_owned(),
        number: Some(number),
        url: None,
        state: if gate == "merged" { "merged" } else { "open" }.to_owned(),
        review: None,
        checks: Some("pass".to_owned()),
        mergeable: Some(true),
        head: None,
    });
    let closed: &[&str] = if gate == "closed" { &["nobody has approved it"] } else { &[] };
    row.proof = proof_of(score, closed);
}

fn checkpoints() -> Vec<CheckpointRow> {
    let at = |n: u32| Timestamp::from_millis(NOW - 60_000 * i64::from(20 - 5 * n));
    (0..4).map(|n| CheckpointRow { n, why: "the phase began".to_owned(), at: at(n) }).collect()
}

fn check(name: &str) -> CheckRow {
    CheckRow {
        name: name.to_owned(),
        command: format!("npm run {name}"),
        required: true,
        weight: 1,
        running: false,
        n: 1,
        verdict: Some("pass".to_owned()),
        reason: None,
        duration_ms: Some(14_200),
        tests: Some(214),
        failed: Vec::new(),
        head: None,
        uncommitted: false,
        at: None,
    }
}
