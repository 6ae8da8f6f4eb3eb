//! What the program in an agent's own terminal says to the person who looks at it: passed on while they look, and only what
//! is said then; how often is bounded, since whoever writes there may want to be a nuisance.

use terminal::Announcement;

use super::Attached;
use crate::effect::{CockpitEffect, Modes, Tell};
use crate::model::Model;

/// How often a person is told something in a minute.
const MOST: u32 = 30;

/// Titles that are kept to come back to.
const DEEPEST: usize = 8;

/// Lets the person be told things again, since another minute has begun.
pub(crate) fn hear_anew(model: &mut Model) {
    if let Some(attached) = &mut model.attached {
        attached.told = 0;
    }
}

impl Attached {
    /// Passes on what was heard; of several things of a kind the last. What is not `live` was said before anybody looked:
    /// only what lasts counts of it.
    pub(super) fn tell(&mut self, heard: Vec<Announcement>, live: bool, clipboard: bool) -> Vec<CockpitEffect> {
        let mut effects = Vec::new();
        let (mut bell, mut notice, mut copied, mut title) = (false, None, None, self.title.clone());
        for told in heard {
            match told {
                Announcement::Bell => bell = true,
                Announcement::Title(text) => title = text,
                Announcement::TitleKept => {
                    if self.titles.len() == DEEPEST {
                        self.titles.remove(0);
                    }
                    self.titles.push(title.clone());
                }
                Announcement::TitleBack => title = self.titles.pop().unwrap_or_default(),
                Announcement::Notice { title, body } => notice = Some((title, body)),
                Announcement::Copy(text) => copied = Some(text),
            }
        }
        if title != self.title {
            let shown = (!title.is_empty()).then(|| format!("{}: {title}", self.name));
            self.title = title;
            effects.push(CockpitEffect::Tell(Tell::Title(shown)));
        }
        let emulator = &self.emulator;
        let apart = emulator.keyboard().tells_apart();
        let motion = emulator.screen().mouse_protocol_mode() == vt100::MouseProtocolMode::AnyMotion;
        let modes = Modes { apart, focus: emulator.tells_focus(), motion, cursor: emulator.cursor() };
        if modes != self.modes {
            self.modes = modes;
            effects.push(CockpitEffect::Tell(Tell::Modes(modes)));
        }
        if !live || self.told >= MOST {
            return effects;
        }
        let before = effects.len();
        if bell {
            effects.push(CockpitEffect::Tell(Tell::Bell));
        }
        if let Some((title, body)) = notice {
            let body = if title.is_empty() || body.is_empty() { title + &body } else { format!("{title}: {body}") };
            effects.push(CockpitEffect::Notify { title: self.name.clone(), body });
        }
        if let Some(copied) = copied {
            self.note = Some(match clipboard {
                true => format!("put {} bytes on your clipboard", copied.size()),
                false => "may not copy: [cockpit] clipboard = false".to_owned(),
            });
            effects.extend(clipboard.then_some(CockpitEffect::Tell(Tell::Copy(copied))));
        }
        self.told += u32::try_from(effects.len() - before).unwrap_or(MOST);
        effects
    }

    /// Undoes what stays on the person's terminal.
    pub(super) fn leave(&self) -> Vec<CockpitEffect> {
        let title = (!self.title.is_empty()).then_some(Tell::Title(None));
        let modes = (self.modes != Modes::default()).then(|| Tell::Modes(Modes::default()));
        title.into_iter().chain(modes).map(CockpitEffect::Tell).collect()
    }
}
