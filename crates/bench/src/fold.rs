//! How fast events add up to a state.

use std::path::Path;
use std::time::Instant;

use domain::attempt::AttemptKey;
use domain::event::{AgentMessage, GENESIS, ToolCalled, ToolReturned, UsageReported};
use domain::tokens::Tokens;
use domain::{Body, Event, RunState, Timestamp, fold};

const EVENTS: u64 = 1_000_000;

pub(crate) fn run(_: &Path) -> color_eyre::Result<Vec<String>> {
    let events: Vec<Event> = (1..=EVENTS).map(event).collect();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let mut state = RunState::default();
        let began = Instant::now();
        for event in &events {
            fold::apply(&mut state, event);
        }
        best = best.min(began.elapsed().as_secs_f64());
        assert_eq!(state.seq, EVENTS);
    }
    #[expect(clippy::cast_precision_loss, reason = "a million fits a double")]
    let rate = EVENTS as f64 / best;
    Ok(vec![format!("{:.1} million events/s (best of 5 × {EVENTS})", rate / 1e6)])
}

/// Returns one of the events that an agent's stream is made of.
fn event(seq: u64) -> Event {
    let key = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let body: Body = match seq % 4 {
        0 => AgentMessage { text: "I will look at the code first.".to_owned() }.into(),
        1 => ToolCalled { id: "t".to_owned(), name: "Bash".to_owned(), about: "cargo test".to_owned(), full: None }
            .into(),
        2 => ToolReturned { id: "t".to_owned(), ok: true, text: "ok".to_owned() }.into(),
        _ => UsageReported { tokens: Tokens { input: 1, ..Tokens::default() }, ..UsageReported::default() }.into(),
    };
    let at = Timestamp::from_millis(i64::try_from(seq).unwrap_or(0));
    let (phase, attempt) = (Some(key.phase), Some(key.attempt));
    Event { seq, at, phase, attempt, body, src: None, prev: GENESIS.to_owned() }
}
