//! Timelines of earlier versions fold for ever.

use std::fs;
use std::path::{Path, PathBuf};

use domain::fold;

/// Each stored timeline beside the row it gave when it was stored.
fn stored() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("timelines");
    let entries = fs::read_dir(folder).expect("timelines").map(|e| e.expect("an entry").path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn stored_timelines_still_give_their_rows() {
    let stored = stored();
    assert!(!stored.is_empty());
    for folder in stored {
        let events = evidence::read(&folder).unwrap_or_else(|e| panic!("{e}"));
        let state = fold::all(&events);
        let row = protocol::row(&state, &protocol::Observations::default()).expect("a row");
        let row = serde_json::to_value(row).expect("plain values");
        let then: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("row.json")).expect("row.json")).expect("JSON");
        // Fields may be added; none may change its meaning.
        for (field, value) in then.as_object().expect("an object") {
            assert_eq!(&row[field], value, "{}: {field}", folder.display());
        }
    }
}
