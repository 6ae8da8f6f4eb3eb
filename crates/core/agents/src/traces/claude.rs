//! What Claude Code writes while it runs: `sessions/PID.json` and `projects/FOLDER/SESSION.jsonl` (seen with 2.1.197).

use domain::Timestamp;
use domain::doing::Doing;
use serde_json::Value;

use super::{Answered, Transcribed, cut, is_session_name};
use crate::claude_stream::{about, of_message};

/// Calls of one answer that are remembered.
const MOST_CALLS: usize = 8;

/// `sessions/PID.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFile {
    pub session: String,
    /// Clock ticks between the boot and the process's start, as the kernel has them: guards against a reused pid.
    pub start_time: u64,
    pub folder: String,
    /// `None` where it says nothing, as with `claude -p`.
    pub doing: Option<Doing>,
    /// Since when it does that.
    pub at: Option<Timestamp>,
}

/// Reads it; `None` for anything else, or a session whose name could lead elsewhere.
pub fn session_file(text: &str) -> Option<SessionFile> {
    let value: Value = serde_json::from_str(text).ok()?;
    let word = |name: &str| value.get(name).and_then(Value::as_str);
    let session = word("sessionId")?;
    Some(SessionFile {
        session: is_session_name(session).then(|| session.to_owned())?,
        start_time: word("procStart")?.parse().ok()?,
        folder: word("cwd").unwrap_or_default().to_owned(),
        doing: word("status").and_then(|status| match status {
            "busy" => Some(Doing::Working),
            "waiting" => Some(Doing::Waiting(word("waitingFor").map(cut))),
            "idle" => Some(Doing::Idle),
            _ => None,
        }),
        at: value.get("statusUpdatedAt").and_then(Value::as_i64).map(Timestamp::from_millis),
    })
}

/// A line of a transcript: an answer's lines repeat its id and its final usage.
pub(super) fn line(told: &mut Transcribed, line: &Value, at: Option<Timestamp>) {
    let message = &line["message"];
    calls(told, message);
    let (Some(id), true) = (message["id"].as_str(), message["usage"].is_object()) else { return };
    // Claude Code words its own complaints as answers of no model.
    let Some(model) = message["model"].as_str().filter(|model| *model != "<synthetic>") else { return };
    told.answered(id, Answered { used: of_message(message), at });
    if line["isSidechain"] != true {
        told.model = Some(cut(model));
    }
}

/// Which tools its last answer has called that have not returned; what an earlier one called was cut off.
fn calls(told: &mut Transcribed, message: &Value) {
    if let Some(id) = message["id"].as_str().filter(|id| *id != told.calling) {
        told.calling = cut(id);
        told.calls.clear();
    }
    for part in message["content"].as_array().into_iter().flatten() {
        match (part["type"].as_str(), part["id"].as_str(), part["tool_use_id"].as_str()) {
            (Some("tool_use"), Some(id), _)
                if told.calls.len() < MOST_CALLS && told.calls.iter().all(|(known, _)| known != id) =>
            {
                let name = cut(part["name"].as_str().unwrap_or_default());
                told.calls.push((cut(id), format!("{name}: {}", about(&part["input"]))));
            }
            (Some("tool_result"), _, Some(id)) => told.calls.retain(|(known, _)| known != id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SessionTrace, Traces};
    use super::*;

    fn tokens(told: &Transcribed) -> Option<domain::tokens::Tokens> {
        SessionTrace { answers: vec![told.answers.clone()], ..SessionTrace::default() }.tokens()
    }

    const FILE: &str = r#"{"pid":11103,"sessionId":"8a0fed58-edaf-449c-8960-2fdf90a59818","cwd":"/w","procStart":"6862383",
        "kind":"interactive","status":"waiting","statusUpdatedAt":1795296507346,"waitingFor":"permission prompt"}"#;

    // A session that is a path or an option is no session.
    #[test]
    fn a_session_file_names_its_wait_alone() {
        let file = session_file(FILE).expect("a session file");
        assert_eq!(file.doing, Some(Doing::Waiting(Some("permission prompt".to_owned()))));
        assert_eq!((file.start_time, file.at.map(Timestamp::as_millis)), (6_862_383, Some(1_795_296_507_346)));
        let evil = FILE.replace("8a0fed58-edaf-449c-8960-2fdf90a59818", "../../../etc/passwd");
        assert_eq!(session_file(&evil), None);
        let option = FILE.replace("8a0fed58-edaf-449c-8960-2fdf90a59818", "--dangerously-skip-permissions");
        assert_eq!(session_file(&option), None, "it would be one on a command line");
        assert_eq!(session_file("[]"), None);
        let print = FILE.replace(r#""status":"waiting","#, "");
        assert_eq!(session_file(&print).and_then(|file| file.doing), None);
    }

    #[test]
    fn a_split_answer_counts_its_last_usage() {
        let line = |id: &str, output: u64, model: &str| {
            format!(
                r#"{{"type":"assistant","isSidechain":false,"timestamp":"2026-11-21T21:28:46.802Z","message":{{"id":"{id}",
                "model":"{model}","usage":{{"input_tokens":9,"cache_creation_input_tokens":413,
                "cache_read_input_tokens":14302,"output_tokens":{output}}}}}}}"#
            )
        };
        let mut told = Transcribed::default();
        told.line(Traces::Claude, br#"{"type":"mode","mode":"normal"}"#);
        assert_eq!(tokens(&told), None);
        for (id, output, model) in [("a", 94, "opus"), ("a", 94, "opus"), ("b", 6, "opus"), ("c", 0, "<synthetic>")] {
            told.line(Traces::Claude, line(id, output, model).as_bytes());
        }
        told.line(Traces::Claude, b"{\"half");
        let tokens = tokens(&told).expect("tokens");
        assert_eq!((tokens.input, tokens.output, tokens.cache_read, tokens.cache_write), (18, 100, 28_604, 826));
        assert_eq!(told.model.as_deref(), Some("opus"));
        assert_eq!(told.last_at.expect("a time").to_string(), "2026-11-21T21:28:46.802Z");
    }
}
