//! The cockpit's loop: keys, frames from the daemon and time become actions; the screen is drawn on change.

mod keys;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use client::Places;
use crossterm::event::{Event, EventStream};
use domain::Timestamp;
use futures_util::StreamExt;
use protocol::Scope;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::effect::Effect;
use crate::glyphs::Glyphs;
use crate::keymap::Keymap;
use crate::model::{Model, TuiError};
use crate::terminal::Screen;
use crate::theme::Theme;
use crate::update::{Action, update};
use crate::{overlays, screens};
#[cfg(test)]
pub(crate) use keys::actions;
use wire::Wire;

/// Rows change their places only when nobody pressed a key for this long.
const QUIET: Duration = Duration::from_secs(2);
/// Frames are drawn at most this often.
const FRAME: Duration = Duration::from_millis(16);

/// How often a daemon that is gone is looked for.
const AGAIN: Duration = Duration::from_secs(1);

/// What the cockpit shows.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the top line calls it.
    pub title: String,
    pub scope: Scope,
    /// The folder that new runs are asked for from.
    pub folder: Option<PathBuf>,
    pub colour: bool,
    /// The locale's name, which tells whether the terminal can show more than ASCII.
    pub locale: String,
}

/// Opens the cockpit and stays until the person leaves it, or the terminal goes away.
///
/// # Errors
/// When the terminal can't be used, or the daemon refuses the scope.
pub async fn open(places: &Places, options: Options) -> Result<(), TuiError> {
    let glyphs = Glyphs::from_locale(&options.locale);
    let mut model = Model::new(options.title.clone(), options.folder.clone(), now(), utc_offset(), glyphs);
    let (wire, first) = Wire::open(places, &options.scope).await?;
    let effects = update(&mut model, first);
    let mut screen = Screen::take()?;
    let theme = Theme { colour: options.colour };
    let mut cockpit = Cockpit { model, wire, keymap: Keymap::built_in(), theme, scope: options.scope };
    for effect in effects {
        cockpit.wire.perform(effect).await;
    }
    cockpit.run(&mut screen, places).await
}

struct Cockpit {
    model: Model,
    wire: Wire,
    keymap: Keymap,
    theme: Theme,
    scope: Scope,
}

impl Cockpit {
    async fn run(&mut self, screen: &mut Screen, places: &Places) -> Result<(), TuiError> {
        let mut events = EventStream::new();
        let mut ends = Ends::listen()?;
        let mut last_key: Option<Instant> = None;
        let mut drawn: Option<Model> = None;
        let mut next_frame = Instant::now();
        loop {
            let stale = drawn.as_ref() != Some(&self.model);
            if stale && Instant::now() >= next_frame {
                self.draw(screen)?;
                drawn = Some(self.model.clone());
                next_frame = Instant::now() + FRAME;
            }
            let stale = drawn.as_ref() != Some(&self.model);
            let regroup_at = last_key.map_or_else(Instant::now, |at| at + QUIET);
            let actions = tokio::select! {
                event = events.next() => match event {
                    Some(Ok(Event::Resize(_, _))) => {
                        drawn = None;
                        Vec::new()
                    }
                    Some(Ok(event)) => {
                        if !matches!(event, Event::FocusGained | Event::FocusLost) {
                            last_key = Some(Instant::now());
                        }
                        keys::actions(&mut self.model, &self.keymap, event)
                    }
                    Some(Err(_)) | None => return Ok(()),
                },
                actions = self.wire.next() => match actions {
                    Some(actions) => actions,
                    None => {
                        if self.reconnect(screen, places, &mut events, &mut ends).await? {
                            continue;
                        }
                        return Ok(());
                    }
                },
                () = tokio::time::sleep_until(next_frame), if stale => Vec::new(),
                () = tokio::time::sleep_until(regroup_at), if self.is_out_of_order() => vec![Action::Regroup],
                () = tokio::time::sleep(until_next_minute()) => vec![Action::Minute(now())],
                () = ends.any() => return Ok(()),
            };
            for action in actions {
                for effect in update(&mut self.model, action) {
                    if effect == Effect::Leave {
                        return Ok(());
                    }
                    self.wire.perform(effect).await;
                }
            }
        }
    }

    fn draw(&self, screen: &mut Screen) -> Result<(), TuiError> {
        screen.terminal.draw(|frame| {
            screens::runs::draw(&self.model, &self.keymap, self.theme, frame);
            overlays::draw(&self.model, &self.keymap, self.theme, frame);
            self.model.glyphs.settle(frame.buffer_mut());
        })?;
        Ok(())
    }

    fn is_out_of_order(&self) -> bool {
        self.model.is_out_of_order()
    }

    /// Says that the daemon is gone and tries until it is back; only leaving is possible meanwhile.
    /// `false` when the person left, or the terminal is gone.
    async fn reconnect(
        &mut self,
        screen: &mut Screen,
        places: &Places,
        events: &mut EventStream,
        ends: &mut Ends,
    ) -> Result<bool, TuiError> {
        self.model.connected = false;
        loop {
            self.draw(screen)?;
            if let Ok((wire, first)) = Wire::open(places, &self.scope).await {
                self.wire = wire;
                let mut effects = update(&mut self.model, Action::Connected(true));
                effects.extend(update(&mut self.model, first));
                for effect in effects {
                    self.wire.perform(effect).await;
                }
                return Ok(true);
            }
            let again = tokio::time::sleep(AGAIN);
            tokio::pin!(again);
            loop {
                tokio::select! {
                    event = events.next() => match event {
                        Some(Ok(event)) => {
                            if keys::actions(&mut self.model, &self.keymap, event).contains(&Action::Leave) {
                                return Ok(false);
                            }
                        }
                        Some(Err(_)) | None => return Ok(false),
                    },
                    () = ends.any() => return Ok(false),
                    () = &mut again => break,
                }
            }
        }
    }
}

/// The signals that end a face.
struct Ends {
    term: Signal,
    hangup: Signal,
}

impl Ends {
    fn listen() -> Result<Self, TuiError> {
        Ok(Self { term: signal(SignalKind::terminate())?, hangup: signal(SignalKind::hangup())? })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

fn utc_offset() -> i32 {
    jiff::Zoned::now().offset().seconds()
}

fn until_next_minute() -> Duration {
    let into = now().as_millis().rem_euclid(60_000);
    Duration::from_millis(u64::try_from(60_000 - into).unwrap_or(60_000))
}
