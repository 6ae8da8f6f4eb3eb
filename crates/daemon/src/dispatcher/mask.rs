//! What looks like a secret in what agents and checks say is masked before it is written down.

use domain::Body;
use domain::effect::Outcome;
use evidence::RunFolder;
use proof::Rules;

use crate::kept_input;

/// Masks the texts of an event of the run in `folder` that come from outside. What an agent wants back word by word is kept
/// beside.
pub(super) fn mask(folder: &RunFolder, body: &mut Body) {
    let rules = Rules::built_in();
    let hide = |text: &mut String| *text = rules.mask_text(text);
    match body {
        Body::AgentMessage(data) => hide(&mut data.text),
        Body::AgentFinished(data) => hide(&mut data.text),
        Body::AttemptFinished(data) => data.exit.last_words.iter_mut().for_each(hide),
        Body::AgentRetrying(data) => hide(&mut data.reason),
        Body::ToolCalled(data) => {
            hide(&mut data.about);
            data.full.iter_mut().for_each(hide);
        }
        Body::ToolReturned(data) => hide(&mut data.text),
        Body::WaitingStarted(data) => {
            hide(&mut data.text);
            data.full.iter_mut().for_each(hide);
            data.choices.iter_mut().for_each(hide);
            for ask in &mut data.asks {
                [&mut ask.id, &mut ask.header, &mut ask.text].into_iter().for_each(hide);
                for option in &mut ask.options {
                    [&mut option.label, &mut option.about, &mut option.value].into_iter().for_each(hide);
                }
            }
            data.input = data.input.take().map(|input| kept_input::put(folder, &input).unwrap_or(input));
        }
        Body::TurnEnded(data) => hide(&mut data.text),
        Body::BackgroundStarted(data) => hide(&mut data.about),
        Body::BackgroundEnded(data) => hide(&mut data.how),
        Body::WaitingEnded(data) => hide(&mut data.how),
        Body::Limited(data) => hide(&mut data.reason),
        Body::RunFailed(data) => hide(&mut data.reason),
        Body::Note(data) => hide(&mut data.text),
        // Why a line can't be read may quote it.
        Body::Unread(data) => hide(&mut data.why),
        Body::RequestRefused(data) => hide(&mut data.what),
        // The last words of a program may be why an effect failed.
        Body::EffectFinished(data) => match &mut data.outcome {
            Outcome::Failed(reason) | Outcome::Refused(reason) | Outcome::Unknown(reason) => hide(reason),
            Outcome::Done => {}
        },
        Body::CheckFinished(data) => {
            hide(&mut data.reason);
            hide(&mut data.tail);
            data.failed.iter_mut().for_each(hide);
        }
        // Named one by one, so that a new kind is not written unmasked: these hold ids, figures, paths, a person's own words, or
        // what a part of pilothouse itself says.
        Body::RunCreated(_)
        | Body::RunQueued(_)
        | Body::WorktreeCreated(_)
        | Body::EnvironmentLeased(_)
        | Body::SetupFinished(_)
        | Body::PhaseStarted(_)
        | Body::AttemptStarted(_)
        | Body::AgentSession(_)
        | Body::TurnStarted(_)
        | Body::UsageReported(_)
        | Body::ModelCalled(_)
        | Body::BudgetWarned(_)
        | Body::BudgetReached(_)
        | Body::BudgetSet(_)
        | Body::WordsGiven(_)
        | Body::LimitedWaits(_)
        | Body::LimitedEnded(_)
        | Body::WorkCommitted(_)
        | Body::CheckRequested(_)
        | Body::CheckStarted(_)
        | Body::RepairRequested(_)
        | Body::PhaseFinished(_)
        | Body::ProofRequested(_)
        | Body::WorkMeasured(_)
        | Body::ProofWritten(_)
        | Body::ReviewGiven(_)
        | Body::GateDecided(_)
        | Body::MergeRequested(_)
        | Body::RunMerged(_)
        | Body::PullAsked(_)
        | Body::PullOpened(_)
        | Body::PullChanged(_)
        | Body::CommentGiven(_)
        | Body::ConflictFound(_)
        | Body::ConflictCleared(_)
        | Body::EscapeFound(_)
        | Body::RunReady(_)
        | Body::TerminateRequested(_)
        | Body::RunTerminated(_)
        | Body::RunPaused(_)
        | Body::RunResumed(_)
        | Body::CheckpointSaved(_)
        | Body::CheckpointRestored(_)
        | Body::RetryRequested(_)
        | Body::ReplyGiven(_)
        | Body::RollbackRequested(_)
        | Body::RunDismissed(_)
        | Body::RunMoved(_)
        | Body::CheckpointsDropAsked(_)
        | Body::CheckpointsDropped(_)
        | Body::RemovalRequested(_)
        | Body::SnapshotSaved(_)
        | Body::WorktreeRemoved(_)
        | Body::RestoreRequested(_)
        | Body::WorktreeRestored(_)
        | Body::Adopted(_)
        | Body::Lost(_)
        | Body::EffectStarted(_)
        | Body::Other(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{EffectFinished, RequestRefused, Unread};

    use super::*;

    #[test]
    fn reasons_hold_no_secret() {
        let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let says = || format!("not a line: {secret}");
        let refused = RequestRefused { id: "1".to_owned(), what: says(), reply: "{}".to_owned() };
        let bodies: [Body; 3] = [
            Unread { from: 0, len: 1, why: says() }.into(),
            refused.into(),
            EffectFinished { id: 1, outcome: Outcome::Failed(says()) }.into(),
        ];
        let home = tempfile::tempdir().expect("a folder");
        let state = evidence::StateFolder::open(home.path()).expect("a state folder");
        let folder = state.run(&domain::RunId::parse("abcdef").expect("an id"));
        for mut body in bodies {
            mask(&folder, &mut body);
            let text = format!("{body:?}");
            assert!(text.contains("not a line") && !text.contains(secret), "{text}");
        }
    }
}
