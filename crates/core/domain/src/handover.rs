//! What an attempt's agent is told: its phase's prompt, and what came before it.

use crate::attempt::AttemptKey;
use crate::comment::Side;
use crate::event::{Remark, ReviewGiven};
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::text;

/// Longer results of earlier phases are cut; the whole stands in the timeline and the output.
const LONGEST: usize = 4_000;

/// The first message to the agent of this attempt.
pub fn prompt(run: &RunState, key: &AttemptKey) -> String {
    let Some(index) = run.phases.iter().position(|p| p.spec.name == key.phase) else { return String::new() };
    let phase = &run.phases[index];
    let begins = phase.attempts.iter().find(|a| a.number == key.attempt);
    if let Some(reply) = begins.and_then(|attempt| attempt.reply.as_ref()) {
        return reply.clone();
    }
    let mends = phase.repair.as_ref().map(|repair| (repair.attempt, to_mend(phase)));
    if let Some((_, found)) = mends.as_ref().filter(|(first, _)| first.is_none_or(|first| first == key.attempt)) {
        return repair(run, index, key, found);
    }
    let asked = mends.as_ref().map_or(phase.spec.prompt.as_str(), |(_, found)| found);
    let resumes = phase.attempts.iter().find(|a| a.number == key.attempt).is_some_and(|a| a.resumes.is_some());
    let earlier = phase.attempts.iter().rev().find(|a| a.number < key.attempt);
    if resumes && let Some(earlier) = earlier {
        // Its agent was gone before the end of the turn at which it was to hear them.
        let unsaid: String = earlier.unsaid.iter().map(|text| format!("\n\nYou were told this:\n\n{text}")).collect();
        return format!("You were interrupted. Go on where you stopped; the task is still this:\n\n{asked}{unsaid}");
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

/// The prompt of an agent that is to mend what checks or a review found. An agent that begins a new session is told the
/// task too.
fn repair(run: &RunState, index: usize, key: &AttemptKey, found: &str) -> String {
    let phase = &run.phases[index];
    if phase.attempts.iter().any(|a| a.number == key.attempt && a.resumes.is_some()) {
        return found.to_owned();
    }
    let task = run.phases[..=index].iter().rev().find(|phase| !phase.spec.only_checks);
    let task = task.map_or("", |phase| phase.spec.prompt.as_str());
    format!("Your work in this worktree was this:\n\n{task}\n\nAll of it is committed. {found}")
}

/// The findings that are to be mended: what a review asks for, or the checks that failed with the end of what each
/// wrote.
fn to_mend(phase: &PhaseState) -> String {
    if let Some(asked) = phase.repair.as_ref().and_then(|repair| repair.review.as_ref()) {
        return format!("Your work was reviewed, and this is asked for:\n\n{}", text::block(asked));
    }
    let mut said = String::from(
        "Checks were run on your work, and these failed. Mend what they found in the code; don't change the checks or \
         tests so that they pass.",
    );
    for failed in &phase.failed_before {
        let end = text::block(&failed.tail);
        said.push_str(&format!("\n\nThe check `{}`: {}. The end of its output:\n\n{end}", failed.name, failed.reason));
    }
    said
}

/// The wishes of a review, with its comments on single lines.
pub(crate) fn asked_for(given: &ReviewGiven) -> String {
    let mut said = given.text.clone();
    for Remark { comment, stale } in &given.comments {
        let place = match comment.side {
            Side::New => format!("{} line {}", comment.path, comment.line),
            Side::Old => format!("{} line {} of the base, which you took away", comment.path, comment.line),
        };
        let changed = if *stale { " (it was changed since)" } else { "" };
        let gap = if said.is_empty() { "" } else { "\n\n" };
        said.push_str(&format!("{gap}{place}{changed}:\n> {}\n{}", comment.on, comment.text));
    }
    said
}

fn finished(phase: &PhaseState) -> Option<String> {
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
