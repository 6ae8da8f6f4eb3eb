//! What Gemini CLI writes while it runs: `tmp/PROJECT/chats/session-TIME-ID.jsonl` (seen with 0.61.0).

use domain::Timestamp;
use domain::tokens::Tokens;
use serde_json::Value;

use super::{Answered, Transcribed, cut};

/// A line of a chat; an answer's may come again with the tools it called.
pub(super) fn line(told: &mut Transcribed, line: &Value, at: Option<Timestamp>) {
    let (Some("gemini"), Some(id), Some(tokens)) = (line["type"].as_str(), line["id"].as_str(), line.get("tokens"))
    else {
        return;
    };
    told.model = line["model"].as_str().map(cut).or(told.model.take());
    let model = line["model"].as_str().map(cut);
    told.answered(id, Answered::of(exclusive(tokens), model, at));
}

/// The name of a working folder's project in `projects.json`; `None` for one that could lead elsewhere.
pub fn gemini_project(text: &str, folder: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let name = value["projects"][folder].as_str()?;
    let plain = !name.is_empty() && !name.contains('/') && name != ".." && name != ".";
    plain.then(|| name.to_owned())
}

/// A count of Gemini in exclusive buckets: its input has what was read from a cache in it, while its thoughts and what
/// tools were told beside are in none of the others.
fn exclusive(tokens: &Value) -> Tokens {
    let count = |name: &str| tokens[name].as_u64().unwrap_or(0);
    let cache_read = count("cached");
    Tokens {
        input: count("input").saturating_sub(cache_read).saturating_add(count("tool")),
        output: count("output").saturating_add(count("thoughts")),
        cache_read,
        cache_write: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Traces;
    use super::*;

    #[test]
    fn an_answer_counts_thoughts_and_cache_once() {
        let mut told = Transcribed::default();
        for line in [
            r#"{"sessionId":"9eb65c32","startTime":"2026-11-21T21:29:05.671Z","kind":"main"}"#,
            r#"{"id":"u","timestamp":"2026-11-21T21:29:05.784Z","type":"user","content":[{"text":"do it"}]}"#,
            r#"{"id":"a","timestamp":"2026-11-21T21:29:05.911Z","type":"gemini","tokens":{"input":14323,"output":94,"cached":14302,"thoughts":64,"tool":2,"total":14483},"model":"gemini-2.5-pro"}"#,
            r#"{"id":"a","timestamp":"2026-11-21T21:29:05.911Z","type":"gemini","tokens":{"input":14323,"output":94,"cached":14302,"thoughts":64,"tool":2,"total":14483},"toolCalls":[]}"#,
            r#"{"$set":{"lastUpdated":"2026-11-21T21:29:05.911Z"}}"#,
        ] {
            told.line(Traces::Gemini, line.as_bytes());
        }
        let tokens: Vec<Tokens> = told.answers.values().map(|answer| answer.used[0].amount.tokens).collect();
        assert_eq!(tokens, [Tokens { input: 23, output: 158, cache_read: 14_302, cache_write: 0 }]);
        let at = told.answers.values().find_map(|answer| answer.at).expect("a time");
        assert_eq!(at.to_string(), "2026-11-21T21:29:05.911Z");
        assert_eq!(told.model.as_deref(), Some("gemini-2.5-pro"));
    }
}
