//! Going by a person's settings when they have changed.

use super::Dispatcher;
use super::preferences::LOOK;
use crate::input::Input;

impl Dispatcher {
    /// Goes by a person's settings where their file changed since the last look.
    pub(super) fn look_at_preferences(&mut self) {
        let settings = self.preferences.look();
        if let Some(settings) = settings {
            self.limit = settings.running.value;
            self.floor = settings.free_space.value;
            self.look_every = settings.look_every_ms.value;
            self.performer.go_by(settings);
        }
        self.tell_degraded();
        let waits = self.preferences.wrong().is_some() && !std::mem::replace(&mut self.preferences.asked, true);
        if waits {
            self.performer.later(LOOK, Input::SettingsDue);
        }
    }

    /// Looks whether a mistake in the settings was mended.
    pub(super) fn settings_due(&mut self) {
        self.preferences.asked = false;
        self.look_at_preferences();
    }

    /// Tells clients what is not as it should be, when that is another thing than they were told.
    pub(super) fn tell_degraded(&mut self) {
        let wrong = [self.trouble.clone(), self.preferences.wrong()];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        let degraded = (!wrong.is_empty()).then(|| wrong.join("; "));
        if degraded != self.degraded {
            self.faces.degraded(degraded.as_deref());
            self.degraded = degraded;
        }
    }
}
