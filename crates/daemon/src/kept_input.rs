//! A tool's input that an agent wants back word by word with the answer, and that has a secret in it: the timeline gets it masked,
//! and what is true lies beside it as a blob.

use evidence::RunFolder;
use serde_json::{Map, Value};

/// The field that names the blob.
const KEPT: &str = "pilothouse_blob";

/// Keeps an input with a secret as a blob, and returns it masked, as the timeline may have it; `None` where there is no
/// secret in it, or where it can't be kept.
pub(crate) fn put(folder: &RunFolder, input: &str) -> Option<String> {
    let mut masked = proof::Rules::built_in().mask_json(input)?;
    let kept = folder.put_blob(input.as_bytes()).inspect_err(|error| tracing::warn!(%error, "an input stays as it is"));
    masked.as_object_mut()?.insert(KEPT.to_owned(), Value::String(kept.ok()?));
    Some(masked.to_string())
}

/// Returns a line for an agent with every kept input as it was. What names no blob of the run is left as it is.
pub(crate) fn back(folder: &RunFolder, line: &str) -> String {
    let parsed = line.contains(KEPT).then(|| serde_json::from_str::<Value>(line).ok()).flatten();
    let Some(mut value) = parsed else { return line.to_owned() };
    give_back(folder, &mut value);
    format!("{value}\n")
}

fn give_back(folder: &RunFolder, value: &mut Value) {
    match value {
        Value::Object(fields) => match kept(folder, fields) {
            Some(kept) => *value = with_answers(kept, fields),
            None => fields.values_mut().for_each(|value| give_back(folder, value)),
        },
        Value::Array(values) => values.iter_mut().for_each(|value| give_back(folder, value)),
        _ => {}
    }
}

fn kept(folder: &RunFolder, fields: &Map<String, Value>) -> Option<Value> {
    let bytes = folder.blob(fields.get(KEPT)?.as_str()?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Returns a kept input with the answers to its questions; a question that was masked is named as its agent named it.
fn with_answers(mut kept: Value, told: &Map<String, Value>) -> Value {
    let Some(answers) = told.get("answers").and_then(Value::as_object) else { return kept };
    let asked = |of: &Value, n: usize| of["questions"][n]["question"].as_str().map(str::to_owned);
    let told_as = Value::Object(told.clone());
    let count = kept["questions"].as_array().map_or(0, Vec::len);
    let name = |answered: &String| {
        let known = (0..count).find(|n| asked(&told_as, *n).as_ref() == Some(answered));
        known.and_then(|n| asked(&kept, n)).unwrap_or_else(|| answered.clone())
    };
    let named: Map<String, Value> = answers.iter().map(|(answered, said)| (name(answered), said.clone())).collect();
    if let Some(fields) = kept.as_object_mut() {
        fields.insert("answers".to_owned(), Value::Object(named));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_input_comes_back_whole() {
        let home = tempfile::tempdir().expect("a folder");
        let state = evidence::StateFolder::open(home.path()).expect("a state folder");
        let folder = state.run(&domain::RunId::parse("abc234").expect("an id"));
        let key = ["ghp_", "a1B9c3D8e5F7g2H6j4K0mNpQrStUvWxYz012"].concat();
        let input = format!(r#"{{"command":"export T={key}","n":1}}"#);
        let told = put(&folder, &input).expect("there is a secret");
        assert!(!told.contains(&key) && told.contains("[masked: github-token]"), "{told}");
        let line = format!(r#"{{"response":{{"updatedInput":{told}}}}}"#) + "\n";
        let given: Value = serde_json::from_str(&back(&folder, &line)).expect("JSON");
        assert_eq!(given["response"]["updatedInput"], serde_json::from_str::<Value>(&input).expect("JSON"));
        assert_eq!(put(&folder, r#"{"command":"ls"}"#), None);
        let asks = format!(r#"{{"questions":[{{"question":"is {key} the key?"}}]}}"#);
        let told: Value = serde_json::from_str(&put(&folder, &asks).expect("a secret")).expect("JSON");
        let mut answered = told.clone();
        let masked = told["questions"][0]["question"].as_str().expect("a question");
        answered["answers"] = serde_json::json!({masked: "yes"});
        let given: Value = serde_json::from_str(&back(&folder, &format!("{answered}\n"))).expect("JSON");
        assert_eq!(given["answers"][format!("is {key} the key?")], "yes", "{given}");
        let foreign = r#"{"updatedInput":{"pilothouse_blob":"../../etc/passwd"}}"#;
        assert_eq!(back(&folder, foreign).trim_end(), foreign);
        assert_eq!(back(&folder, "no pilothouse_blob JSON\n"), "no pilothouse_blob JSON\n");
    }
}
