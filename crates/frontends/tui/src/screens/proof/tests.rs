//! Stored screens of the proof tab, and the verbs that belong to it.

use domain::RunId;
use domain::command::Command;
use domain::event::Review;
use domain::score::ScorePart;
use protocol::{CommentsRow, ProofRow, PullRequest, WorkRow};

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::testing::{TestCockpit, stored};

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

fn part(name: &str, weight: u32, value: Option<u32>, reason: &str) -> ScorePart {
    ScorePart { name: name.to_owned(), weight, value, reason: reason.to_owned(), evidence: Vec::new() }
}

fn open(closed: &[&str]) -> TestCockpit {
    let mut cockpit = TestCockpit::open();
    let mut row = cockpit.night[0].row();
    row.status = "ready".to_owned();
    row.question = None;
    row.score = Some(0.65);
    row.gate = Some(if closed.is_empty() { "open" } else { "closed" }.to_owned());
    row.proof = Some(ProofRow {
        k: 2,
        seq: 84,
        score: 0.65,
        statement: "ab".repeat(32),
        stale: !closed.is_empty(),
        parts: vec![
            part("checks", 30, Some(75), "lint fail: exit 1"),
            part("required", 20, Some(100), "all 1 passed"),
            part("secrets", 10, None, "nothing looked for any"),
            part("review", 10, Some(0), "nobody has reviewed \u{1b}[31m it"),
        ],
        closed: closed.iter().map(|why| (*why).to_owned()).collect(),
        review: closed.is_empty().then(|| "approve".to_owned()),
        method: Some("squash".to_owned()),
        work: Some(WorkRow { commits: Some(3), files: 6, added: 23, removed: 15 }),
    });
    row.head = Some("cd".repeat(20));
    row.pr = Some(PullRequest {
        forge: "local".to_owned(),
        number: Some(3),
        url: Some("file:///state/proof.html".to_owned()),
        state: "open".to_owned(),
        review: None,
        checks: Some("pass".to_owned()),
        mergeable: Some(closed.is_empty()),
        head: Some(if closed.is_empty() { "cd" } else { "ab" }.repeat(20)),
    });
    row.comments = (!closed.is_empty()).then_some(CommentsRow { waiting: 2, sent: 1, seq: 80 });
    cockpit.act(Action::Rows(vec![row]));
    cockpit.effects.clear();
    cockpit.keys("⇥⇥⇥⇥⇥⏎")
}

// And the score every part.
#[test]
fn a_closed_gate_says_every_reason() {
    stored!(open(&["nobody has approved it", "it conflicts with main in src/cart.rs, src/lib.rs"]), "proof");
}

#[test]
fn an_open_gate_says_so() {
    stored!(open(&[]), "proof-open");
}

#[test]
fn a_merge_is_confirmed_in_words_first() {
    let mut cockpit = open(&[]);
    cockpit.press("m");
    assert!(!cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Act { .. })));
    cockpit.press("⏎");
    let merge = CockpitEffect::Act { runs: vec![run()], command: Command::Merge { method: None }, asked: true };
    assert!(cockpit.effects.contains(&merge), "{:?}", cockpit.effects);
    cockpit.press("m");
    stored!(cockpit, "merge");
}

#[test]
fn a_merge_says_what_stands_against_it() {
    let mut cockpit = open(&["nobody has approved it"]);
    let mut row = cockpit.model.selected().expect("a run").clone();
    row.escapes = vec!["/home/dev/acme/shop/ESCAPED.txt".to_owned(), "/tmp/notes".to_owned()];
    cockpit.act(Action::Rows(vec![row]));
    stored!(cockpit.keys("m"), "merge-against");
}

#[test]
fn an_approval_asks_about_unsent_comments() {
    let mut cockpit = open(&["nobody has approved it"]);
    cockpit.press("A");
    assert!(!cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Act { .. })));
    cockpit.press("⏎");
    let command = Command::Review { verdict: Review::Approve, text: String::new() };
    let approve = CockpitEffect::Act { runs: vec![run()], command, asked: true };
    assert!(cockpit.effects.contains(&approve), "{:?}", cockpit.effects);
    stored!(open(&["nobody has approved it"]).keys("A"), "approve-unsent");
}

#[test]
fn a_pull_requests_page_is_opened() {
    let mut cockpit = open(&[]);
    cockpit.press("o");
    assert!(
        cockpit.effects.contains(&CockpitEffect::Browse("file:///state/proof.html".to_owned())),
        "{:?}",
        cockpit.effects
    );
    let cockpit = TestCockpit::open().keys("o");
    assert!(cockpit.model.notice.as_deref().is_some_and(|text| text.contains("has no pull request")));
}

#[test]
fn a_verdict_is_given_by_key() {
    let mut cockpit = open(&[]);
    cockpit.press("A");
    let review = |verdict, text: &str| CockpitEffect::Act {
        runs: vec![run()],
        command: Command::Review { verdict, text: text.to_owned() },
        asked: true,
    };
    assert!(cockpit.effects.contains(&review(Review::Approve, "")), "{:?}", cockpit.effects);
    cockpit.press("C");
    cockpit.press("use fewer words");
    cockpit.press("⏎");
    assert!(cockpit.effects.contains(&review(Review::Changes, "use fewer words")), "{:?}", cockpit.effects);
}

#[test]
fn a_run_without_a_proof_says_so() {
    stored!(TestCockpit::open().keys("⇥⇥⇥⇥⇥⏎"), "proof-none");
}
