//! What the agent of a run that works in its own terminal has told, as events that its timeline does not have yet.

use std::collections::BTreeSet;

use domain::doing::Doing;
use domain::event::{AgentSession, UsageReported, WaitingEnded, WaitingStarted};
use domain::tokens::{Amount, ModelUse};
use domain::{Body, Timestamp};

use super::SessionTrace;
use crate::session::Session;
use crate::short::short;

/// Prefix of the ids of such questions: they are answered in the terminal, and nowhere else.
const QUESTION: &str = "terminal.";

/// The question of one of which nothing was heard since it was started.
const UNHEARD: &str = "terminal.0";

/// Whether nothing was heard yet of the agent, and nobody was told so.
pub fn is_unheard(known: &Session, told: &SessionTrace) -> bool {
    known.named.is_none() && told.session.is_none() && known.questions.is_empty()
}

/// The events that bring what is known of an attempt to what was told; none when it is the same. Comparing makes it safe to
/// be asked twice, also by another daemon. Answers from before `since` are of another run's session that it goes on in.
/// While it is `vague` what it waits for, that is left as it was. It is `late` when it should have said something of itself.
pub fn news(known: &Session, told: &SessionTrace, since: Option<Timestamp>, vague: bool, late: bool) -> Vec<Body> {
    let mut events = Vec::new();
    if let Some(session) = told.session.as_ref().filter(|session| known.named.as_ref() != Some(session)) {
        events.push(
            AgentSession { session: session.clone(), model: told.model.clone(), ..AgentSession::default() }.into(),
        );
    }
    let mut seen = BTreeSet::new();
    for (id, answer) in told.answers.iter().flat_map(|file| file.iter()) {
        let of_run = since.is_none_or(|since| answer.at.is_none_or(|at| at >= since));
        if of_run && !known.counted.contains(id) && seen.insert(id) {
            for ModelUse { model, amount: Amount { tokens, cache_write_1h } } in answer.used.clone() {
                let of = Some(id.clone());
                events.push(UsageReported { tokens, model, cache_write_1h, of, cost_usd: None }.into());
            }
        }
    }
    if vague {
        return events;
    }
    let begun = !known.counted.is_empty() || told.answers.iter().any(|file| !file.is_empty());
    let was_late = known.questions.iter().any(|(id, _)| id == UNHEARD);
    let unheard = known.named.is_none() && told.session.is_none();
    let asks = match &told.doing {
        None if unheard && was_late => return events,
        // Before it trusts a folder it writes no file, and asks its person (Claude Code 2.1.332, Codex 0.171.0).
        None if unheard && late => Some(
            "nothing was heard of it yet; look at its terminal: it may ask whether to trust this folder".to_owned(),
        ),
        Some(Doing::Waiting(_)) => told.waits_for(),
        // Before its first answer it has not begun, and its terminal says why.
        Some(Doing::Idle) if begun => Some("its turn is over; it waits for what you type".to_owned()),
        Some(Doing::Idle | Doing::Working) => None,
        // In a turn it works or asks; one that says nothing more asks nothing that is known.
        None if told.in_turn || told.silent => None,
        None => return events,
    };
    let at = told.since.unwrap_or_default().as_millis();
    let id = asks.as_ref().map(|_| format!("{QUESTION}{at}"));
    let how = if told.silent { "its agent says nothing of it any more" } else { "in its terminal" };
    let over = known.questions.iter().filter(|(known, _)| id.as_ref() != Some(known));
    events.extend(over.map(|(id, _)| WaitingEnded { id: id.clone(), how: how.to_owned() }.into()));
    if let Some((id, text)) = id.zip(asks).filter(|(id, _)| known.questions.iter().all(|(known, _)| known != id)) {
        events.push(
            WaitingStarted { id, text: short(&text), choices: Vec::new(), tool: None, ..WaitingStarted::default() }
                .into(),
        );
    }
    events
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::tokens::Tokens;

    use super::super::Answered;
    use super::*;
    use crate::dialect::Dialect;

    /// Brings a session up to what was told, and returns the kinds of the events that this takes.
    fn look(known: &mut Session, told: &SessionTrace) -> Vec<&'static str> {
        let events = news(known, told, Some(Timestamp::from_millis(100)), false, false);
        for event in &events {
            known.fold(event);
        }
        assert_eq!(
            news(known, told, Some(Timestamp::from_millis(100)), false, false),
            Vec::new(),
            "the same told twice is nothing new"
        );
        let kinds = events.iter().map(|event| match event {
            Body::AgentSession(_) => "agent.session",
            Body::UsageReported(_) => "usage.reported",
            Body::WaitingStarted(_) => "waiting.started",
            Body::WaitingEnded(_) => "waiting.ended",
            _ => "another",
        });
        kinds.collect()
    }

    #[test]
    fn a_terminals_questions_and_answers_are_followed() {
        let mut known = Session::new(Dialect::Plain, None);
        let answer = |n: u64| {
            // The first is of before the run began.
            let at = Some(Timestamp::from_millis(99 + i64::try_from(n).expect("small")));
            (format!("a{n}"), Answered::of(Tokens { output: n, ..Tokens::default() }, None, at))
        };
        let told = |doing, since, answers: u64| SessionTrace {
            doing,
            since: Some(Timestamp::from_millis(since)),
            session: Some("s1".to_owned()),
            answers: vec![Arc::new((0..=answers).map(answer).collect())],
            ..SessionTrace::default()
        };
        assert_eq!(look(&mut known, &SessionTrace::default()), Vec::<&str>::new());
        let begins = SessionTrace { answers: Vec::new(), ..told(Some(Doing::Idle), 1, 0) };
        assert_eq!(look(&mut known, &begins), ["agent.session"], "it has not begun");
        assert_eq!(look(&mut known, &told(Some(Doing::Working), 2, 1)), ["usage.reported"]);
        let asks = told(Some(Doing::Waiting(Some("Bash: ls".to_owned()))), 3, 2);
        assert_eq!(look(&mut known, &asks), ["usage.reported", "waiting.started"]);
        let again = told(Some(Doing::Waiting(Some("Bash: rm".to_owned()))), 4, 2);
        assert_eq!(look(&mut known, &again), ["waiting.ended", "waiting.started"]);
        assert_eq!(look(&mut known, &told(Some(Doing::Working), 5, 3)), ["usage.reported", "waiting.ended"]);
        assert_eq!(look(&mut known, &told(Some(Doing::Idle), 6, 3)), ["waiting.started"]);
        assert_eq!(look(&mut known, &told(None, 7, 3)), Vec::<&str>::new(), "what is not told changes nothing");
        let other =
            SessionTrace { session: Some("s2".to_owned()), answers: Vec::new(), ..told(Some(Doing::Idle), 8, 0) };
        assert_eq!(look(&mut known, &other), ["agent.session", "waiting.ended", "waiting.started"], "it was cleared");
        let silent = SessionTrace { silent: true, session: Some("s2".to_owned()), ..SessionTrace::default() };
        assert_eq!(look(&mut known, &silent), ["waiting.ended"]);
        assert_eq!(known.counted().total().output, 6);
    }

    #[test]
    fn a_silent_agent_needs_its_person() {
        let mut known = Session::new(Dialect::Plain, None);
        let silent = SessionTrace { silent: true, ..SessionTrace::default() };
        let mut look = |told: &SessionTrace, late: bool| {
            let events = news(&known, told, None, false, late);
            for event in &events {
                known.fold(event);
            }
            events
        };
        assert_eq!(look(&silent, false), Vec::new());
        let asked = look(&silent, true);
        assert!(matches!(&asked[..], [Body::WaitingStarted(w)] if w.text.contains("trust this folder")), "{asked:?}");
        assert_eq!(look(&silent, true), Vec::new(), "it is told once");
        assert_eq!(look(&silent, false), Vec::new(), "and stands until something is heard");
        let works =
            SessionTrace { doing: Some(Doing::Working), session: Some("s1".to_owned()), ..SessionTrace::default() };
        let heard = look(&works, false);
        assert!(matches!(&heard[..], [Body::AgentSession(_), Body::WaitingEnded(_)]), "{heard:?}");
        assert_eq!(look(&silent, true), Vec::new(), "its session is known");
    }
}
