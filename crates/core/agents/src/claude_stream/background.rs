//! Work that goes on when a turn is over: commands and helpers in the background, and times at which the agent wakes up.
//!
//! Seen with 2.1.197 and 2.1.332. A `result` is no end while one of them is open; nor is it one before the agent says
//! that it is idle, since word of work that ended in the middle of a turn begins another turn at once.

use domain::event::{BackgroundEnded, TurnStarted};
use domain::{Body, Timestamp};
use serde_json::Value;

use crate::session::Session;

/// The agent's next wake-up; it has one at most.
const WAKE_UP: &str = "wake-up";
/// Prefix of the id of a time at which the agent is given a prompt of its own.
const SCHEDULE: &str = "schedule:";

/// Whether a system line of this kind tells of background work or of the agent's state.
pub(super) fn tells(kind: &str) -> bool {
    matches!(kind, "session_state_changed" | "task_started" | "task_notification" | "background_tasks_changed")
}

/// Returns the events of a system line of such a kind.
pub(super) fn told(session: &Session, kind: &str, value: &Value) -> Vec<Body> {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    match kind {
        "session_state_changed" => state(session, text("state")),
        // What is said not to be in the background is waited for by its turn.
        "task_started" if value["is_backgrounded"] != false => {
            session.goes_on_behind(text("task_id"), text("description")).into_iter().collect()
        }
        "task_notification" => session.done_behind(text("task_id"), text("status")).into_iter().collect(),
        "background_tasks_changed" => changed(session, &value["tasks"]),
        _ => Vec::new(),
    }
}

fn state(session: &Session, state: &str) -> Vec<Body> {
    match (state, &session.rest) {
        ("running", _) if !session.tells_turns => vec![TurnStarted {}.into()],
        ("idle", Some(said)) if session.background.is_empty() => session.over(true, said),
        _ => Vec::new(),
    }
}

/// Takes up the list of all that is in the background.
fn changed(session: &Session, tasks: &Value) -> Vec<Body> {
    let Some(tasks) = tasks.as_array() else { return Vec::new() };
    let id = |task: &Value| task["task_id"].as_str().map(str::to_owned);
    let begun = tasks
        .iter()
        .filter_map(|task| session.goes_on_behind(&id(task)?, task["description"].as_str().unwrap_or_default()));
    let open: Vec<String> = tasks.iter().filter_map(id).collect();
    let known = session.background.keys().filter(|known| !is_a_time(known) && !open.contains(known));
    begun.chain(known.filter_map(|known| session.done_behind(known, "ended"))).collect()
}

/// A time at which the agent is woken up, or given a prompt, as the tool that was asked for it says. What comes again and
/// again has no end that could be waited for.
pub(super) fn scheduled(session: &Session, result: &Value) -> Option<Body> {
    if let Some(at) = result["scheduledFor"].as_i64().filter(|at| *at > 0) {
        let (hour, minute, _) = Timestamp::from_millis(at).time_of_day();
        return session.goes_on_behind(WAKE_UP, &format!("it wakes up at {hour:02}:{minute:02} UTC"));
    }
    let id = format!("{SCHEDULE}{}", result["id"].as_str()?);
    match (result["humanSchedule"].as_str(), result["recurring"].as_bool()) {
        (Some(when), Some(false)) => session.goes_on_behind(&id, &format!("a prompt of its own: {when}")),
        (None, _) => session.done_behind(&id, "taken back"),
        _ => None,
    }
}

/// A turn begins of which nothing says why: where the agent waited for a time only, that has come.
pub(super) fn woken(session: &Session) -> Vec<Body> {
    let waited = session.rest.is_some() && session.background.keys().all(|id| is_a_time(id));
    if waited { come(session, |_| true) } else { Vec::new() }
}

/// A turn begins, and what it comes from.
pub(super) fn woken_by_command(session: &Session, value: &Value) -> Vec<Body> {
    match value["wakeup_source"].as_str() {
        Some("loop_wakeup") => come(session, |id| id == WAKE_UP),
        Some(_) => come(session, |id| id != WAKE_UP),
        None => Vec::new(),
    }
}

fn come(session: &Session, which: impl Fn(&str) -> bool) -> Vec<Body> {
    let times = session.background.keys().filter(|id| is_a_time(id) && which(id));
    times.map(|id| BackgroundEnded { id: id.clone(), how: "its time has come".to_owned() }.into()).collect()
}

fn is_a_time(id: &str) -> bool {
    id == WAKE_UP || id.starts_with(SCHEDULE)
}
