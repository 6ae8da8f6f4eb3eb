//! What a row says of silence.

use super::*;
use domain::command::NewRun;

#[test]
fn silence_is_told_until_the_next_sign() {
    let spec = r#"{"id":"aaaaaa","name":"n","repo":"/r","base":"main","base_commit":"c","branch":"b","worktree":"/w",
        "agent":"claude","model":null,"task":"t","phases":[]}"#;
    let at = Timestamp::from_millis(3_600_000);
    let mut run = RunState {
        spec: Some(serde_json::from_str::<NewRun>(spec).expect("a run of an older version")),
        status: Status::Working(Activity::Thinking),
        last_event_at: Some(at),
        ..RunState::default()
    };
    let activity = |run: &RunState, quiet_since| {
        row(run, &Observations { quiet_since, ..Observations::default() }).and_then(|row| row.activity)
    };
    assert_eq!(activity(&run, None).as_deref(), Some("thinking"));
    let told = "stalled? no word since 1970-01-01T01:00:00.000Z; before: thinking";
    assert_eq!(activity(&run, Some(at)).as_deref(), Some(told));
    run.last_event_at = Some(Timestamp::from_millis(4_000_000));
    assert_eq!(activity(&run, Some(at)).as_deref(), Some("thinking"));
}
