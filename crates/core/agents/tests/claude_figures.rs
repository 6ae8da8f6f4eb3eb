//! What Claude Code says it used, held against what was billed: resumed sessions, several models, caches by duration.

use std::collections::BTreeMap;

use agents::{Dialect, Session, step};
use domain::Body;
use domain::tokens::Tokens;
use serde_json::{Value, json};

macro_rules! resumed {
    ($version:literal) => {
        [
            include_str!(concat!("streams/resumed/claude-", $version, ".1.jsonl")),
            include_str!(concat!("streams/resumed/claude-", $version, ".2.jsonl")),
            include_str!(concat!("streams/resumed/claude-", $version, ".3.jsonl")),
        ]
    };
}

/// The tokens that the scripted provider billed for the three processes together.
const BILLED: Tokens = Tokens { input: 57, output: 537, cache_read: 58_447, cache_write: 15_957 };

/// The events of processes that go on in one session, each in an attempt of its own.
fn told(processes: &[String]) -> Vec<Body> {
    let mut before: Vec<Body> = Vec::new();
    for lines in processes {
        let named =
            before.iter().find_map(|e| if let Body::AgentSession(s) = e { Some(s.session.clone()) } else { None });
        let mut session = Session::new(Dialect::ClaudeStream, named);
        for event in &before {
            session.fold_earlier(event);
        }
        before.extend(lines.lines().flat_map(|line| step(&mut session, line.as_bytes(), 0)));
    }
    before
}

/// Tokens by model, and those that are kept for an hour.
fn counted(events: &[Body]) -> BTreeMap<String, (Tokens, u64)> {
    let mut counted: BTreeMap<String, (Tokens, u64)> = BTreeMap::new();
    for event in events {
        if let Body::UsageReported(usage) = event {
            let (tokens, hour) = counted.entry(usage.model.clone().unwrap_or_default()).or_default();
            *tokens += usage.tokens;
            *hour += usage.cache_write_1h;
        }
    }
    counted
}

fn sum(events: &[Body]) -> Tokens {
    let mut sum = Tokens::default();
    for (tokens, _) in counted(events).values() {
        sum += *tokens;
    }
    sum
}

#[test]
fn a_session_of_three_processes_counts_once() {
    for processes in [resumed!("2.1.197"), resumed!("2.1.332")] {
        assert_eq!(sum(&told(&processes.map(str::to_owned))), BILLED);
    }
}

/// As 2.1.266 to 2.1.308 tell it: the session's whole only.
#[test]
fn a_session_sum_alone_counts_once() {
    let without = |text: &str| text.replace("model_usage_since_last_result", "something_else");
    assert_eq!(sum(&told(&resumed!("2.1.332").map(without))), BILLED);
}

fn message(id: &str, model: &str, input: u64, hour: u64) -> Value {
    json!({"type": "assistant", "message": {"id": id, "model": model, "content": [], "usage": {
        "input_tokens": input, "output_tokens": 1, "cache_creation_input_tokens": 2 * hour,
        "cache_creation": {"ephemeral_1h_input_tokens": hour, "ephemeral_5m_input_tokens": hour},
    }}})
}

fn used(input: u64, output: u64, hour: u64) -> Value {
    json!({"inputTokens": input, "outputTokens": output, "cacheReadInputTokens": 0,
        "cacheCreationInputTokens": 2 * hour, "cacheCreationEphemeral1hInputTokens": hour})
}

fn result(id: &str, whole: &Value, since: Option<&Value>) -> Value {
    let mut result = json!({"type": "result", "subtype": "success", "is_error": false, "result": "", "uuid": id,
        "modelUsage": whole});
    if let Some(since) = since {
        result["model_usage_since_last_result"] = since.clone();
    }
    result
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// A sub-agent of another model, a second turn in the same process, and a model that only the result tells of.
#[test]
fn each_model_has_its_own_figures() {
    for since in [false, true] {
        let first = json!({"opus[1m]": used(10, 50, 4), "haiku": used(6, 30, 0), "title": used(2, 5, 0)});
        let second = json!({"opus": used(20, 70, 5)});
        let whole = json!({"opus[1m]": used(30, 120, 9), "haiku": used(6, 30, 0), "title": used(2, 5, 0)});
        let told = told(&[lines(&[
            message("a", "opus", 10, 4),
            message("a", "opus", 10, 4),
            message("b", "haiku", 6, 0),
            result("1", &first, since.then_some(&first)),
            message("c", "opus", 20, 5),
            result("2", &whole, since.then_some(&second)),
        ])]);
        let of = |input, output, hour| (Tokens { input, output, cache_read: 0, cache_write: 2 * hour }, hour);
        let expected =
            [("haiku", of(6, 30, 0)), ("opus", of(30, 120, 9)), ("title", of(2, 5, 0))].map(|(m, o)| (m.to_owned(), o));
        assert_eq!(counted(&told), BTreeMap::from(expected), "since: {since}");
    }
}

/// Where everything was told before, the next turn begins all the same.
#[test]
fn a_turn_with_nothing_left_is_marked() {
    let turn = json!({"opus": used(10, 1, 0)});
    let told = told(&[lines(&[
        message("a", "opus", 10, 0),
        result("1", &turn, Some(&turn)),
        message("b", "opus", 10, 0),
        result("2", &json!({"opus": used(20, 9, 0)}), Some(&json!({"opus": used(10, 8, 0)}))),
    ])]);
    assert_eq!(sum(&told), Tokens { input: 20, output: 9, ..Tokens::default() });
}

/// As 2.1.197 and 2.1.332 tell it: sums have the advisor and no compaction.
#[test]
fn a_compaction_beside_the_sums_counts_once() {
    let steps = json!([{"type": "compaction", "input_tokens": 40, "output_tokens": 3}, {"type": "message"}]);
    let models = |input| json!({"sonnet": used(input, 9, 0), "opus": used(50, 7, 0)});
    for (input, since) in [(2, false), (2, true), (42, true)] {
        let turn = |id: &str, whole: &Value, last: &Value| {
            let mut result = result(id, whole, since.then_some(last));
            result["usage"] = json!({"input_tokens": 2, "output_tokens": 9, "iterations": steps});
            result
        };
        let first = turn("1", &models(input), &models(input));
        let whole = json!({"sonnet": used(2 * input, 18, 0), "opus": used(100, 14, 0)});
        let second = turn("2", &whole, &models(input));
        let told = told(&[lines(&[message("a", "sonnet", 2, 0), first, message("b", "sonnet", 2, 0), second])]);
        let all = Tokens { input: 184, output: if input == 2 { 38 } else { 32 }, ..Tokens::default() };
        assert_eq!(sum(&told), all, "{input} {since}");
    }
}

/// As a transcript has it, and as a stream may.
#[test]
fn steps_count_at_their_own_models() {
    let mut answer = message("a", "sonnet", 2, 0);
    answer["message"]["usage"]["iterations"] = json!([
        {"type": "compaction", "input_tokens": 40, "output_tokens": 3},
        {"type": "advisor_message", "model": "opus", "input_tokens": 50, "output_tokens": 7},
        {"type": "message", "input_tokens": 2, "output_tokens": 1},
    ]);
    let of = |input, output| (Tokens { input, output, ..Tokens::default() }, 0);
    let expected = [("opus", of(50, 7)), ("sonnet", of(42, 4))].map(|(m, o)| (m.to_owned(), o));
    assert_eq!(counted(&told(&[lines(&[answer.clone(), answer])])), BTreeMap::from(expected));
}
