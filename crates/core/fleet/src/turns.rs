//! Whose turn it is when several runs waited for the same limit: one goes first, and the others follow one by one.

use std::collections::BTreeMap;

use domain::{RunId, Timestamp};

/// Milliseconds between two runs of one agent that go on by themselves.
const APART: i64 = 5_000;
/// Milliseconds after which a turn that is to wait for another's limit is asked for again.
const AGAIN: u64 = 30_000;

/// The run of each agent that went on last.
#[derive(Debug, Default)]
pub struct LimitTurns(BTreeMap<String, (RunId, Timestamp)>);

impl LimitTurns {
    /// Takes the turn of an agent's run; else milliseconds after which to ask again. `waits` says until when another run
    /// waits for its limit.
    pub fn take(
        &mut self,
        agent: &str,
        run: &RunId,
        now: Timestamp,
        waits: impl Fn(&RunId) -> Option<Timestamp>,
    ) -> Result<(), u64> {
        if let Some((first, at)) = self.0.get(agent).filter(|(first, _)| first != run) {
            let free = Timestamp::from_millis(at.as_millis().saturating_add(APART));
            if free > now && *at <= now {
                return Err(free.since(now));
            }
            // It met its limit again, so that nobody else's is lifted.
            if let Some(until) = waits(first).filter(|until| *until > now) {
                return Err(until.since(now).clamp(1, AGAIN));
            }
        }
        self.0.insert(agent.to_owned(), (run.clone(), now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n: usize) -> RunId {
        RunId::parse(&format!("abc2{n:02}").replace(['0', '1'], "z")).expect("an id")
    }

    #[test]
    fn an_agents_runs_go_on_singly() {
        let mut turns = LimitTurns::default();
        let at = |ms: i64| Timestamp::from_millis(100_000 + ms);
        let nobody = |_: &RunId| None;
        assert_eq!(turns.take("claude", &run(2), at(0), nobody), Ok(()));
        assert_eq!(turns.take("claude", &run(3), at(0), nobody), Err(5_000));
        assert_eq!(turns.take("codex", &run(4), at(0), nobody), Ok(()), "another agent's limit is another");
        assert_eq!(turns.take("claude", &run(2), at(1), nobody), Ok(()), "its own turn is its own");
        assert_eq!(turns.take("claude", &run(3), at(5_001), nobody), Ok(()));
        let limited = |of: &RunId| (*of == run(3)).then_some(at(60_000));
        assert_eq!(turns.take("claude", &run(5), at(20_000), limited), Err(30_000), "the one before met it again");
        assert_eq!(turns.take("claude", &run(5), at(60_000), limited), Ok(()));
        assert_eq!(turns.take("claude", &run(6), at(0), nobody), Ok(()), "a clock that was put back holds nobody");
    }
}
