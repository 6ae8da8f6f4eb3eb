//! Writes outside of the worktree, as the agent's own tool events or its processes' open files prove them.

use crate::escape::{Escape, is_outside, writes};
use crate::event::{Body, Event};
use crate::run::RunState;

/// Calls that may be open at once; further ones are not followed.
const MOST_OPEN: usize = 64;

#[expect(clippy::wildcard_enum_match_arm, reason = "only these four kinds tell of writes")]
pub(super) fn look(state: &mut RunState, event: &Event) {
    match &event.body {
        Body::ToolCalled(call) if writes(&call.name) && state.writing.len() < MOST_OPEN => {
            let spec = state.spec.as_ref();
            if spec.is_some_and(|spec| is_outside(&call.about, &spec.worktree, spec.id.as_str())) {
                state.writing.push((call.id.clone(), call.about.clone()));
            }
        }
        Body::ToolReturned(back) => {
            let Some(at) = state.writing.iter().position(|(id, _)| *id == back.id) else { return };
            let (_, path) = state.writing.remove(at);
            if back.ok && state.escapes.iter().all(|known| known.path != path) {
                state.escapes.push(Escape { path, seq: event.seq });
            }
        }
        Body::EscapeFound(data) if state.escapes.iter().all(|known| known.path != data.path) => {
            state.escapes.push(Escape { path: data.path.clone(), seq: event.seq });
        }
        Body::AttemptFinished(_) => state.writing.clear(),
        _ => {}
    }
}
