//! What an attempt's agent is told: its phase's prompt, and what came before it.

use crate::attempt::AttemptKey;
use crate::run::RunState;
use crate::text;

/// Longer results of earlier phases are cut; the whole stands in the timeline and the output.
const LONGEST: usize = 4_000;

/// The first message to the agent of this attempt.
pub fn prompt(run: &RunState, key: &AttemptKey) -> String {
    let Some(index) = run.phases.iter().position(|p| p.spec.name == key.phase) else { return String::new() };
    let phase = &run.phases[index];
    let asked = phase.spec.prompt.as_str();
    let resumes = phase.attempts.iter().find(|a| a.number == key.attempt).is_some_and(|a| a.resumes.is_some());
    let earlier = phase.attempts.iter().rev().find(|a| a.number < key.attempt);
    if resumes && earlier.is_some() {
        return format!("You were interrupted. Go on where you stopped; the task is still this:\n\n{asked}");
    }
    let mut said = String::from(asked);
    let before: Vec<String> = run.phases[..index].iter().filter_map(finished).collect();
    // A session that goes on has its own memory of them.
    if !before.is_empty() && !resumes {
        said.push_str("\n\nPhases before this one, all of it committed in this worktree:\n");
        said.push_str(&before.join("\n"));
    }
    if let Some((reason, kept)) = earlier.and_then(|a| a.verdict()?.err()).zip(kept_work(run, index)) {
        said.push_str(&format!(
            "\n\nAn earlier attempt at this failed: {}\nIts work was put aside; `git diff {kept}` compares with it.",
            cut(&reason)
        ));
    }
    said
}

fn finished(phase: &crate::phase::PhaseState) -> Option<String> {
    let head = phase.progress.committed.as_deref().filter(|_| phase.progress.finished)?;
    let result = phase.attempt().and_then(|a| a.result.as_ref()).map(|r| cut(&r.text)).unwrap_or_default();
    let head: String = head.chars().take(12).collect();
    Some(format!("- {} (done at {head}): {result}", phase.spec.name))
}

/// The ref of the checkpoint that keeps what the failed attempt left.
fn kept_work(run: &RunState, phase: usize) -> Option<String> {
    let kept = run.checkpoints.iter().rev().find(|c| c.phase == phase && c.why.starts_with("before the retry"))?;
    Some(format!("refs/pilothouse/{}/{}", run.spec.as_ref()?.id, kept.n))
}

fn cut(said: &str) -> String {
    let said = text::block(said);
    match said.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", &said[..at]),
        None => said,
    }
}
