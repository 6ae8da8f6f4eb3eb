//! Stored screens of the calls tab.

use domain::event::{CallEnd, GENESIS, ModelCalled};
use domain::money::Usd;
use domain::times::Times;
use domain::tokens::Tokens;
use domain::{Event, RunId, Timestamp};
use protocol::{CallsReply, TokensRow};

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::testing::{TestCockpit, stored};

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

fn call(n: u64) -> ModelCalled {
    let went_wrong = n % 7 == 3;
    let tokens = Tokens { input: 9, output: 95 + n, cache_read: 14_000 + n, cache_write: 414 };
    ModelCalled {
        id: n.to_string(),
        provider: "anthropic".to_owned(),
        asked: Some("claude-opus-4-8".to_owned()),
        answered: None,
        began_at: Timestamp::from_millis(1_795_189_978_000 + i64::try_from(n).expect("small") * 9_000),
        first_byte_ms: (!went_wrong).then_some(340),
        duration_ms: 5_200 + n,
        status: Some(if went_wrong { 429 } else { 200 }),
        end: if n == 29 { CallEnd::Left } else { CallEnd::Whole },
        finish: (!went_wrong).then(|| "tool_use".to_owned()),
        error: went_wrong.then(|| "slow down \u{1b}[31m please".to_owned()),
        retry: Some(u32::from(n % 7 == 4)),
        session: None,
        tokens: (!went_wrong).then_some(tokens),
        cache_write_1h: 0,
        beside: Vec::new(),
        over: None,
        at_most: None,
        special: None,
        cost_usd: (!went_wrong).then(|| Usd::new(0.012)).flatten(),
    }
}

/// The tab of a run that the gateway measures, with this many calls.
fn open(count: u64) -> TestCockpit {
    let mut cockpit = TestCockpit::open().keys("⇥⇥⇥⇥⏎");
    measured(&mut cockpit, count);
    cockpit
}

fn measured(cockpit: &mut TestCockpit, count: u64) {
    let mut row = cockpit.night[0].row();
    row.calls = Some(count);
    row.calls_cut = Some(1);
    row.tokens =
        Some(TokensRow { input: 270, output: 2_850, cache_read: 420_000, cache_write: 12_000, total: 435_120 });
    row.tokens_source = Some("gateway".to_owned());
    row.cost_usd = Some(1.92);
    row.times = Some(Times { thinking_ms: 130_000, tools_ms: 9_400, waiting_ms: 61_000, ..Times::default() });
    cockpit.act(Action::Rows(vec![row]));
}

fn answer(cockpit: &mut TestCockpit, count: u64) {
    let calls = (0..count).map(call).collect();
    cockpit.act(Action::Calls { run: run(), reply: Ok(CallsReply { run: run(), count, calls }) });
}

#[test]
fn calls_stand_below_their_sum() {
    let mut cockpit = open(30);
    assert!(cockpit.effects.contains(&CockpitEffect::Calls { run: run() }), "{:?}", cockpit.effects);
    answer(&mut cockpit, 30);
    stored!(cockpit, "calls");
}

#[test]
fn new_calls_move_no_line_being_read() {
    let mut cockpit = open(30);
    answer(&mut cockpit, 30);
    cockpit.effects.clear();
    cockpit.screen(80, 24);
    cockpit.press("jjj");
    let read = cockpit.screen(80, 24).lines().nth(12).map(str::to_owned);
    measured(&mut cockpit, 31);
    let event = |n: u64| Event {
        seq: 900 + n,
        at: Timestamp::from_millis(1_795_189_978_000),
        phase: Some("build".to_owned()),
        attempt: Some(1),
        body: call(n).into(),
        src: None,
        prev: GENESIS.to_owned(),
    };
    let lines = [28, 30].map(|n| event(n).to_line()).to_vec();
    cockpit.act(Action::Events { run: run(), lines });
    assert!(
        !cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Calls { .. })),
        "they are asked for once"
    );
    assert_eq!(cockpit.screen(80, 24).lines().nth(12).map(str::to_owned), read);
    cockpit.press("g");
    assert!(cockpit.screen(80, 24).contains(" 125 "), "{}", cockpit.screen(80, 24));
}

#[test]
fn an_unmeasured_run_says_so() {
    let cockpit = TestCockpit::open().keys("⇥⇥⇥⇥⏎");
    assert!(!cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Calls { .. })));
    stored!(cockpit, "calls-none");
}
