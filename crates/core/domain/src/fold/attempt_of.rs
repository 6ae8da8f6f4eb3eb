//! The attempt that an event belongs to.

use crate::attempt::AttemptState;
use crate::event::Event;
use crate::run::RunState;

pub(super) fn attempt_of<'a>(state: &'a mut RunState, event: &Event) -> Option<&'a mut AttemptState> {
    let name = event.phase.as_ref()?;
    let number = event.attempt?;
    let phase = state.phases.iter_mut().find(|p| &p.spec.name == name)?;
    phase.attempts.iter_mut().find(|a| a.number == number)
}
