//! No line whatever makes reading fail, in any dialect.

use agents::{Dialect, Session, Transcript, end, step};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "id",
        "method",
        "params",
        "result",
        "error",
        "update",
        "sessionUpdate",
        "tool_call",
        "tool_call_update",
        "agent_message_chunk",
        "session/update",
        "session/request_permission",
        "toolCall",
        "toolCallId",
        "content",
        "text",
        "item",
        "type",
        "turn",
        "turn/completed",
        "item/started",
        "commandExecution",
        "commandActions",
        "thread",
        "threadId",
        "tokenUsage",
        "last",
        "total",
        "status",
        "completed",
        "assistant",
        "message",
        "usage",
        "control_request",
        "request",
        "rate_limit_event",
        "rate_limit_info",
        "resetsAt",
        "rejected",
        "stopReason",
        "end_turn",
        "_meta",
    ]);
    let word = words.prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0u64..6).prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn read(lines: &[Vec<u8>]) {
    for dialect in Dialect::ALL {
        let mut live = Session::new(dialect, Some("earlier".to_owned()));
        let mut transcript = Transcript::new(dialect);
        for line in lines {
            step(&mut live, line, 7);
            transcript.read(line);
        }
        end(&mut live);
        transcript.end();
    }
}

proptest! {
    #[test]
    fn bytes(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 1..4)) {
        read(&lines);
    }

    #[test]
    fn any_json(values in prop::collection::vec(value(), 1..4)) {
        read(&values.iter().map(|value| value.to_string().into_bytes()).collect::<Vec<_>>());
    }

    #[test]
    fn any_json_in_a_frame(values in prop::collection::vec((value(), value()), 1..4)) {
        let frames = values.into_iter().flat_map(|(a, b)| {
            let update = json!({"method": "session/update", "params": {"update": a}});
            let asked = json!({"id": 1, "method": "session/request_permission", "params": b});
            let answered = json!({"id": 3, "result": asked["params"]});
            [update, asked, answered]
        });
        read(&frames.map(|frame| frame.to_string().into_bytes()).collect::<Vec<_>>());
    }
}

#[test]
fn json_other_than_objects_is_unread() {
    for line in ["1", "\"ready\"", "[]", "null", "true", "-0.5"] {
        read(&[line.as_bytes().to_vec()]);
    }
}
