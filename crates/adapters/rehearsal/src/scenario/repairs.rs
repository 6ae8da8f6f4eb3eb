//! An agent whose first work has a mistake, and that mends what checks tell it.

use std::io;

use super::play::{End, success};
use crate::stage::AgentStage;

/// Writes a wrong word at first. A task with lines such as `FILE: expected "X", found "Y"` makes the agent write X.
pub(super) fn repairs(stage: &mut AgentStage) -> io::Result<End> {
    let task = stage.task.clone();
    let told: Vec<(String, String)> = task.lines().filter_map(expected).collect();
    if !told.is_empty() {
        for (file, text) in &told {
            stage.says(&format!("A check expects something else in {file}; I mend it."))?;
            stage.think(300);
            stage.writes(file, &format!("{text}\n"))?;
        }
        return Ok(End { ok: true, text: format!("Mended: {} files.", told.len()) });
    }
    if stage.resumed || task.contains("Checks were run on your work") {
        stage.says("A check failed, and its output names nothing that I know how to mend.")?;
        return Ok(End { ok: true, text: "I changed nothing.".to_owned() });
    }
    let ended = success(stage)?;
    stage.writes("greeting.txt", "hello wrld\n")?;
    Ok(ended)
}

/// The file of such a line and what is expected in it.
fn expected(line: &str) -> Option<(String, String)> {
    let (file, rest) = line.trim().split_once(": expected \"")?;
    let (text, _) = rest.split_once("\", found \"")?;
    let plain = !file.is_empty() && !file.starts_with('/') && !file.contains("..");
    plain.then(|| (file.to_owned(), text.to_owned()))
}
