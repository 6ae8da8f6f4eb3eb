//! What looks like a secret in what agents and checks say is masked before it is written down.

use domain::Body;
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
        Body::CheckFinished(data) => {
            hide(&mut data.reason);
            hide(&mut data.tail);
            data.failed.iter_mut().for_each(hide);
        }
        _ => {}
    }
}
