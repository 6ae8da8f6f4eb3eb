//! What Codex writes while it runs: `sessions/YEAR/MONTH/DAY/rollout-TIME-THREAD.jsonl` (seen with 0.169.0).

use domain::Timestamp;
use serde_json::Value;

use super::{Answered, Transcribed, cut, is_session_name};
use crate::codex_app::{Names, exclusive};

/// Names that the files of Codex give the parts of a breakdown.
const NAMES: Names = ["input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens"];

/// A line of a rollout file: one record of usage for each answer of the model.
pub(super) fn line(told: &mut Transcribed, line: &Value, at: Option<Timestamp>) {
    let payload = &line["payload"];
    let word = |name: &str| payload[name].as_str().map(str::to_owned);
    match line["type"].as_str() {
        Some("session_meta") if told.thread.is_none() => told.thread = word("id").filter(|id| is_session_name(id)),
        Some("turn_context") => told.model = word("model").map(|model| cut(&model)).or(told.model.take()),
        Some("event_msg") => match payload["type"].as_str() {
            Some("task_started") => told.in_turn = Some(true),
            Some("task_complete" | "turn_aborted") => told.in_turn = Some(false),
            _ => {}
        },
        // A fork has what its thread came from in it.
        Some("token_usage_record") if word("thread_id") == told.thread => {
            if let Some(answer) = word("response_id") {
                let tokens = exclusive(&payload["usage"], NAMES);
                told.answered(&answer, Answered::of(tokens, told.model.clone(), at));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::Traces;
    use super::*;

    #[test]
    fn each_answer_in_a_thread_counts_once() {
        let record = |thread: &str, answer: &str| {
            format!(
                r#"{{"timestamp":"2026-11-21T21:29:03.747Z","type":"token_usage_record","payload":{{"thread_id":"{thread}",
                "response_id":"{answer}","usage":{{"input_tokens":15138,"cached_input_tokens":14715,
                "cache_write_input_tokens":414,"output_tokens":95,"reasoning_output_tokens":0}},
                "thread_token_usage":{{"input_tokens":44185}}}}}}"#
            )
        };
        let mut told = Transcribed::default();
        for line in [
            r#"{"type":"session_meta","payload":{"id":"t1"}}"#.to_owned(),
            r#"{"type":"session_meta","payload":{"id":"t0"}}"#.to_owned(),
            r#"{"type":"turn_context","payload":{"model":"gpt-6-astra"}}"#.to_owned(),
            r#"{"type":"event_msg","payload":{"type":"task_started"}}"#.to_owned(),
            record("t0", "of the thread it was forked from"),
            record("t1", "r1"),
            record("t1", "r1"),
            record("t1", "r2"),
        ] {
            told.line(Traces::Codex, line.as_bytes());
        }
        let tokens = super::super::SessionTrace { answers: vec![told.answers.clone()], ..Default::default() }
            .tokens()
            .expect("tokens");
        assert_eq!((tokens.input, tokens.output, tokens.cache_read, tokens.cache_write), (18, 190, 29_430, 828));
        assert_eq!((told.model.as_deref(), told.in_turn), (Some("gpt-6-astra"), Some(true)));
        told.line(Traces::Codex, br#"{"type":"event_msg","payload":{"type":"task_complete"}}"#);
        assert_eq!(told.in_turn, Some(false));
    }
}
