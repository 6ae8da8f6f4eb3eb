//! Which interface of a provider a request is for, by its path.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// An interface whose answers say what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// Anthropic's Messages.
    Messages,
    /// OpenAI's Responses.
    Responses,
    /// OpenAI's Chat Completions, and what speaks like it.
    Chat,
    /// Google's generateContent.
    Generate,
    /// Something else that may cost: what it used is not known.
    Other,
}

impl Api {
    /// The interface that a POST to `path` is for; `None` for what costs nothing, such as counting tokens.
    pub fn of(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or(path).trim_end_matches('/').replace("%3A", ":").replace("%3a", ":");
        // What a server could read in another way than this does is not taken for something that is known.
        if path.contains(['%', '\\']) || path.contains("//") || path.split('/').any(|part| part == ".." || part == ".")
        {
            return Some(Self::Other);
        }
        let last = path.rsplit('/').next().unwrap_or(&path);
        match last.rsplit(':').next().unwrap_or(last) {
            "messages" => Some(Self::Messages),
            "responses" => Some(Self::Responses),
            // A conversation made shorter by the model, which is billed as any other answer.
            "compact" if path.ends_with("/responses/compact") => Some(Self::Responses),
            "completions" | "embeddings" => Some(Self::Chat),
            "generateContent" | "streamGenerateContent" => Some(Self::Generate),
            "count_tokens" | "countTokens" | "input_tokens" | "cancel" | "files" | "" => None,
            _ => Some(Self::Other),
        }
    }

    /// The model that a request names: in its body, or in its path.
    pub fn model(self, path: &str, body: &[u8]) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            model: String,
        }

        if self == Self::Generate {
            let (_, named) = path.rsplit_once("/models/")?;
            return named.split(':').next().map(str::to_owned);
        }
        serde_json::from_slice::<Named>(body).ok().map(|named| named.model)
    }

    /// The body with which the answer of a streaming request says what was used, where it would not without being asked;
    /// `None` where nothing has to be changed. Everything else in it stays as it was, to the byte.
    pub fn ask_for_usage(self, body: &[u8]) -> Option<Vec<u8>> {
        if self != Self::Chat {
            return None;
        }
        let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
        let options = fields.get("stream_options").and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let mut options = options.filter(Value::is_object).unwrap_or_else(|| serde_json::json!({}));
        let streams = fields.get("stream").is_some_and(|raw| raw.get() == "true") && fields.contains_key("messages");
        if !streams || options["include_usage"] == true {
            return None;
        }
        options["include_usage"] = Value::Bool(true);
        fields.insert("stream_options".to_owned(), RawValue::from_string(options.to_string()).ok()?);
        serde_json::to_vec(&fields).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billed_paths_are_told_from_others() {
        for (path, api) in [
            ("/v1/messages?beta=true", Some(Api::Messages)),
            ("/v1/messages/count_tokens?beta=true", None),
            ("/v1/responses", Some(Api::Responses)),
            ("/responses/compact", Some(Api::Responses)),
            ("/v1/responses/resp_1/cancel", None),
            ("/v1/messages/batches", Some(Api::Other)),
            ("/v1/mess%61ges", Some(Api::Other)),
            ("/v1/messages/x/..", Some(Api::Other)),
            ("/v1beta/models/gemini-2.5-pro%3AgenerateContent", Some(Api::Generate)),
            ("/v1/chat/completions", Some(Api::Chat)),
            ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", Some(Api::Generate)),
            ("/v1beta/models/gemini-2.5-pro:countTokens", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(Api::of(path), api, "{path}");
        }
        let named = Api::Generate.model("/v1beta/models/gemini-2.5-pro:generateContent", b"{}");
        assert_eq!(named.as_deref(), Some("gemini-2.5-pro"));
        assert_eq!(Api::Messages.model("/v1/messages", br#"{"model":"m","messages":[]}"#).as_deref(), Some("m"));
    }

    #[test]
    fn usage_is_requested_of_silent_streams() {
        let body = br#"{"stream":true,"messages":[{"b":1.50,"a":2}]}"#;
        let asks = Api::Chat.ask_for_usage(body).expect("it would not tell");
        let text = String::from_utf8(asks.clone()).expect("JSON");
        assert!(text.contains(r#""messages":[{"b":1.50,"a":2}]"#), "the conversation is as it was: {text}");
        assert!(text.contains(r#""stream_options":{"include_usage":true}"#), "{text}");
        assert_eq!(Api::Chat.ask_for_usage(&asks), None, "once is enough");
        assert_eq!(Api::Chat.ask_for_usage(br#"{"messages":[]}"#), None, "an answer in one piece tells it anyway");
        assert_eq!(Api::Messages.ask_for_usage(body), None);
        assert_eq!(Api::Chat.ask_for_usage(b"nonsense"), None);
    }
}
