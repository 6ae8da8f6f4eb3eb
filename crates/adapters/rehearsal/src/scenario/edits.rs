//! An agent that changes files which are there already, so that two of them can get into each other's way.

use std::fs;
use std::io;

use super::play::End;
use crate::stage::AgentStage;

/// Changes the first line of each file that the task names, to a line that no other run writes.
pub(super) fn edits(stage: &mut AgentStage) -> io::Result<End> {
    let task = stage.task.clone();
    stage.says(&format!("I will do this: {task}"))?;
    stage.think(300);
    let branch = std::env::var("BRANCH").unwrap_or_default();
    let mut changed = 0;
    for file in named(&task) {
        let Ok(text) = fs::read_to_string(stage.worktree.join(file)) else { continue };
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        stage.writes(file, &format!("// changed on {branch}\n{rest}"))?;
        stage.think(300);
        changed += 1;
    }
    Ok(End {
        ok: changed > 0,
        text: format!("Done: {changed} {} changed.", if changed == 1 { "file" } else { "files" }),
    })
}

/// The words of a task that can be paths inside of the worktree.
fn named(task: &str) -> impl Iterator<Item = &str> {
    let words = task.split_whitespace().map(|word| word.trim_matches([',', '.', ';', ':']));
    words.filter(|word| word.contains('.') && !word.starts_with('/') && !word.contains(".."))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn path_like_words_are_files() {
        let task = "Rename the user in src/user.js, src/cart.js. Not in /etc/passwd or ../x.js";
        assert_eq!(named(task).collect::<Vec<_>>(), ["src/user.js", "src/cart.js"]);
    }
}
