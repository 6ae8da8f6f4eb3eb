//! Answers of each interface as they come over the wire, and what is read out of them.

use domain::tokens::Tokens;
use metering::{Api, Meter, Reading};

fn read(api: Api, content_type: &str, body: &str) -> Reading {
    // One byte at a time, as the worst network would.
    let mut meter = Meter::new(api, content_type);
    for byte in body.as_bytes() {
        meter.feed(std::slice::from_ref(byte));
    }
    meter.end()
}

fn events(events: &[&str]) -> String {
    events.iter().map(|data| format!("event: x\ndata: {data}\n\n")).collect()
}

const STREAM: &str = "text/event-stream; charset=utf-8";

#[test]
fn messages_tell_all_figures_last() {
    let start = r#"{"type":"message_start","message":{"id":"m","type":"message","model":"claude-opus-4-8","usage":{"input_tokens":21,"cache_creation_input_tokens":14302,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":14202,"ephemeral_1h_input_tokens":100},"output_tokens":1}}}"#;
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"usage of \"usage\""}}"#;
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":158}}"#;
    let known = read(Api::Messages, STREAM, &events(&[start, delta]));
    assert_eq!(known.tokens, Some(Tokens { input: 21, output: 1, cache_read: 5, cache_write: 14_302 }));
    assert!(!known.complete && known.finish.is_none());
    let whole = read(Api::Messages, STREAM, &events(&[start, delta, end, r#"{"type":"message_stop"}"#]));
    assert_eq!(whole.tokens, Some(Tokens { input: 21, output: 158, cache_read: 5, cache_write: 14_302 }));
    assert_eq!((whole.cache_write_1h, whole.finish.as_deref(), whole.complete), (100, Some("tool_use"), true));
    assert_eq!(whole.model.as_deref(), Some("claude-opus-4-8"));
    let one = r#"{"type":"message","model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}"#;
    let one = read(Api::Messages, "application/json", one);
    assert_eq!(one.tokens, Some(Tokens { input: 1, output: 2, ..Tokens::default() }));
    assert!(one.complete);
}

#[test]
fn steps_count_at_their_own_models() {
    let start =
        r#"{"type":"message_start","message":{"model":"sonnet","usage":{"input_tokens":23000,"output_tokens":1}}}"#;
    let end = |iterations: &str| {
        format!(
            r#"{{"type":"message_delta","delta":{{}},"usage":{{"output_tokens":1000,"iterations":[{iterations}]}}}}"#
        )
    };
    let own = r#"{"type":"message","input_tokens":23000,"output_tokens":1000}"#;
    let compaction = r#"{"type":"compaction","input_tokens":180000,"output_tokens":3500},"#;
    let read = |iterations: String| read(Api::Messages, STREAM, &events(&[start, &end(&iterations)]));
    let compacted = read(format!("{compaction}{own}"));
    assert_eq!(compacted.tokens, Some(Tokens { input: 203_000, output: 4_500, ..Tokens::default() }));
    assert!(compacted.beside.is_empty());
    let advisor = r#",{"type":"advisor_message","model":"opus","input_tokens":5,"output_tokens":7,
        "cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":9}}"#;
    let advised = read(format!("{own}{}", advisor.replace('\n', "")));
    let cached = Tokens { input: 23_005, output: 1_007, cache_write: 9, cache_read: 0 };
    assert_eq!((advised.tokens, advised.cache_write_1h), (Some(cached), 9));
    let [beside] = advised.beside.as_slice() else { panic!("{:?}", advised.beside) };
    assert_eq!((beside.model.as_deref(), beside.amount.tokens.input), (Some("opus"), 5));
}

#[test]
fn responses_tell_usage_once_at_end() {
    let created =
        r#"{"type":"response.created","response":{"model":"gpt-6-astra","status":"in_progress","usage":null}}"#;
    let done = r#"{"type":"response.completed","response":{"model":"gpt-6-astra","status":"completed","usage":{"input_tokens":14323,"input_tokens_details":{"cached_tokens":14000,"cache_write_tokens":302},"output_tokens":158,"output_tokens_details":{"reasoning_tokens":64}}}}"#;
    let cut = read(Api::Responses, STREAM, &events(&[created]));
    assert_eq!((cut.tokens, cut.complete, cut.model.as_deref()), (None, false, Some("gpt-6-astra")));
    let whole = read(Api::Responses, STREAM, &events(&[created, done]));
    assert_eq!(whole.tokens, Some(Tokens { input: 21, output: 158, cache_read: 14_000, cache_write: 302 }));
    assert_eq!((whole.complete, whole.finish.as_deref()), (true, Some("completed")));
    let failed = r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"x","message":"no more"},"usage":null}}"#;
    let failed = read(Api::Responses, STREAM, &events(&[created, failed]));
    assert_eq!((failed.error.as_deref(), failed.complete), (Some("no more"), true));
}

#[test]
fn chat_tells_usage_behind_the_last_choice() {
    let text =
        r#"{"model":"gpt-5","choices":[{"index":0,"delta":{"content":"usage"},"finish_reason":null}],"usage":null}"#;
    let stop = r#"{"model":"gpt-5","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let usage = r#"{"model":"gpt-5","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":60}}}"#;
    let whole = read(Api::Chat, STREAM, &events(&[text, stop, usage, "[DONE]"]));
    assert_eq!(whole.tokens, Some(Tokens { input: 40, output: 7, cache_read: 60, cache_write: 0 }));
    assert_eq!((whole.finish.as_deref(), whole.complete), (Some("stop"), true));
}

#[test]
fn generate_counts_thoughts_as_output() {
    let first = r#"{"modelVersion":"gemini-2.5-pro","candidates":[{"content":{}}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60}}"#;
    let last = r#"{"modelVersion":"gemini-2.5-pro","candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"toolUsePromptTokenCount":3,"candidatesTokenCount":7,"thoughtsTokenCount":64}}"#;
    let tokens = Some(Tokens { input: 43, output: 71, cache_read: 60, cache_write: 0 });
    assert_eq!(read(Api::Generate, STREAM, &events(&[first, last])).tokens, tokens);
    let list = read(Api::Generate, "application/json; charset=UTF-8", &format!("[{first},\n{last}]"));
    assert_eq!((list.tokens, list.complete), (tokens, true));
}

#[test]
fn errors_are_told_and_not_counted() {
    for (api, body) in [
        (Api::Messages, r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#),
        (Api::Responses, r#"{"error":{"message":"slow down","type":"requests"}}"#),
        (Api::Chat, r#"{"error":{"message":"slow down"}}"#),
        (Api::Generate, r#"[{"error":{"code":429,"message":"slow down"}}]"#),
    ] {
        let reading = read(api, "application/json", body);
        assert_eq!((reading.error.as_deref(), reading.tokens), (Some("slow down"), None), "{api:?}");
    }
    let hostile = r#"{"type":"message","model":7,"usage":{"input_tokens":-5,"output_tokens":1e99,"cache_read_input_tokens":"many"}}"#;
    assert_eq!(read(Api::Messages, "application/json", hostile).tokens, Some(Tokens::default()));
    assert_eq!(read(Api::Chat, "text/html", "<html>"), Reading::default());
}
