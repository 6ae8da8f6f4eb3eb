//! The cockpit's loop: keys, frames from the daemon and time become actions; the screen is drawn on change.

mod editors;
mod keys;
mod mouse;
mod outside;
mod tell;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use client::Places;
use crossterm::event::Event;
use domain::Timestamp;
use protocol::Scope;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::action::Action;
use crate::console::{Console, Tty};
use crate::effect::CockpitEffect;
use crate::glyphs::Glyphs;
use crate::keymap::Keymap;
use crate::model::{Model, TuiError};
use crate::notify::{self, NotifyWay};
use crate::screen::Screen;
use crate::screens;
use crate::screens::runs::Welcome;
use crate::theme::Theme;
use crate::update::update;
use editors::EditorTarget;
pub(crate) use keys::{actions, beneath, places};
use wire::DaemonWire;

/// Rows change their places only when nobody pressed a key for this long.
const QUIET: Duration = Duration::from_secs(2);
/// The least time between two frames that show the daemon's news; a key is shown at once.
const FRAME: Duration = Duration::from_millis(50);
/// How often a daemon that is gone is looked for.
const AGAIN: Duration = Duration::from_secs(1);

/// The settings of a cockpit: what is shown, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The scope's name in the top line.
    pub title: String,
    pub scope: Scope,
    /// The folder that new runs are asked for from.
    pub folder: Option<PathBuf>,
    /// The run whose terminal is all that is wanted: an id.
    pub attach: Option<String>,
    pub theme: Theme,
    pub keymap: Keymap,
    pub notify: Vec<NotifyWay>,
    pub mouse: bool,
    /// An agent whose terminal is shown may put texts on the clipboard.
    pub clipboard: bool,
    /// The cockpit runs inside tmux.
    pub tmux: bool,
    /// The terminal's kind, as `TERM` has it.
    pub term: String,
    /// `VISUAL` or `EDITOR`.
    pub editor: Option<String>,
    /// The program that shows a page here; `None` where there is no screen for one, as over SSH.
    pub browser: Option<String>,
    /// The locale's name, which tells whether the terminal can show more than ASCII.
    pub locale: String,
    /// Facts for the screen without runs.
    pub welcome: Option<Welcome>,
}

/// Opens the cockpit on this process's terminal and stays until the person leaves it, or the terminal goes away.
///
/// # Errors
/// When the terminal can't be used, or the daemon refuses the scope.
pub async fn open(places: &Places, options: Options) -> Result<(), TuiError> {
    let tty = Tty::open(&options.term)?;
    open_on(tty, places, options).await
}

/// As [`open`], on any console.
///
/// # Errors
/// As [`open`].
pub async fn open_on<C: Console>(console: C, places: &Places, options: Options) -> Result<(), TuiError> {
    let (wire, first) = DaemonWire::open(places, &options.scope).await?;
    let glyphs = Glyphs::from_locale(&options.locale);
    let mut model = Model::new(options.title.clone(), options.folder.clone(), now(), utc_offset(), glyphs);
    model.all = options.scope == Scope::All;
    model.mouse = options.mouse;
    model.welcome.clone_from(&options.welcome);
    model.clipboard = options.clipboard;
    let mut screen = Screen::take(console, options.mouse)?;
    let size = screen.console.size()?;
    let mut cockpit = Cockpit { model, wire, options, last_key: None };
    let mut firsts = vec![Action::Resized(size.0, size.1), first];
    if let Some(run) = &cockpit.options.attach {
        cockpit.model.only_attach = true;
        let run = domain::RunId::parse(run).ok_or_else(|| TuiError::NoRun(format!("{run} is no run's id")))?;
        firsts.extend([Action::Select(run), Action::Attach]);
    }
    for action in firsts {
        cockpit.act(action, &mut screen).await?;
    }
    cockpit.run(&mut screen, places).await
}

struct Cockpit {
    model: Model,
    wire: DaemonWire,
    options: Options,
    last_key: Option<Instant>,
}

/// Whether the cockpit stays open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    Yes,
    No,
}

impl Cockpit {
    async fn run<C: Console>(&mut self, screen: &mut Screen<C>, places: &Places) -> Result<(), TuiError> {
        let mut ends = Ends::listen()?;
        // When the next frame is due; `None` while the screen shows what there is.
        let mut due = Some(Instant::now());
        let mut drawn = Instant::now();
        loop {
            if due.is_some_and(|at| at <= Instant::now()) {
                screen.draw(&self.model, &self.options.keymap, &self.options.theme)?;
                (due, drawn) = (None, Instant::now());
            }
            let regroup_at = self.last_key.map_or_else(Instant::now, |at| at + QUIET);
            let sorts = self.model.overlay.is_none() && self.model.attached.is_none() && self.model.is_out_of_order();
            let soon = drawn + FRAME;
            let (actions, when) = tokio::select! {
                biased;
                told = ends.next() => match told {
                    SignalEvent::End => return Ok(()),
                    SignalEvent::GoOn => {
                        let size = screen.retake()?;
                        (vec![Action::Resized(size.0, size.1)], Instant::now())
                    }
                },
                event = screen.console.event() => match event {
                    Some(Ok(event)) => {
                        let resized = matches!(event, Event::Resize(..));
                        (self.pressed(event, screen)?, if resized { soon } else { Instant::now() })
                    }
                    Some(Err(_)) | None => return Ok(()),
                },
                () = tokio::time::sleep_until(due.unwrap_or(soon)), if due.is_some() => continue,
                action = self.wire.next() => match action {
                    Some(action) => (vec![action], soon),
                    None => {
                        if self.reconnect(screen, places, &mut ends).await? == Stay::No {
                            return Ok(());
                        }
                        (Vec::new(), Instant::now())
                    }
                },
                () = tokio::time::sleep_until(regroup_at), if sorts => (vec![Action::Regroup], soon),
                () = tokio::time::sleep(until_next_minute()) => (vec![Action::Minute(now())], soon),
            };
            for action in actions {
                if self.act(action, screen).await? == Stay::No {
                    return Ok(());
                }
                due = Some(due.map_or(when, |at| at.min(when)));
            }
        }
    }

    /// Returns the actions that a terminal event asks for.
    fn pressed<C: Console>(&mut self, event: Event, screen: &mut Screen<C>) -> Result<Vec<Action>, TuiError> {
        match event {
            Event::Resize(columns, rows) => screen.resize((columns, rows))?,
            Event::FocusGained | Event::FocusLost => {}
            // How a crash leaves the terminal can be tried by a crash alone.
            #[cfg(debug_assertions)]
            Event::Key(key) if key.code == crossterm::event::KeyCode::F(12) && crashes() => panic!("it was asked for"),
            Event::Key(_) | Event::Mouse(_) | Event::Paste(_) => self.last_key = Some(Instant::now()),
        }
        Ok(actions(&mut self.model, &self.options.keymap, event))
    }

    /// Updates the model and carries out what follows.
    async fn act<C: Console>(&mut self, action: Action, screen: &mut Screen<C>) -> Result<Stay, TuiError> {
        let mut actions = vec![action];
        while let Some(action) = actions.pop() {
            for effect in update(&mut self.model, action) {
                let Some(own) = self.wire.perform(effect).await else { continue };
                match self.perform(own, screen).await? {
                    Done::Left => return Ok(Stay::No),
                    Done::Nothing => {}
                    Done::Then(action) => actions.push(*action),
                }
            }
        }
        Ok(Stay::Yes)
    }

    /// Carries out an effect that the daemon has no part in.
    async fn perform<C: Console>(&mut self, effect: CockpitEffect, screen: &mut Screen<C>) -> Result<Done, TuiError> {
        let editor = self.options.editor.as_deref();
        Ok(match effect {
            CockpitEffect::Leave => Done::Left,
            CockpitEffect::Mouse(on) => {
                screen.mouse(on)?;
                Done::Nothing
            }
            CockpitEffect::Redraw => {
                let size = screen.redraw()?;
                Done::then(Action::Resized(size.0, size.1))
            }
            CockpitEffect::Suspend => {
                outside::suspend(screen)?;
                let size = screen.redraw()?;
                Done::then(Action::Resized(size.0, size.1))
            }
            CockpitEffect::Editor { folder, file, line } => {
                let at = EditorTarget { file: file.as_deref(), line };
                let problem = outside::editor(screen, editor, &folder, at).await?;
                problem.map_or(Done::Nothing, |problem| Done::then(Action::Notice(problem)))
            }
            CockpitEffect::EditText(text) => Done::then(match outside::edit_text(screen, editor, &text).await? {
                Ok(text) => Action::Edited(text),
                Err(problem) => Action::Notice(problem),
            }),
            CockpitEffect::Copy(text) => {
                tell::copy(screen, text, self.options.tmux)?;
                Done::Nothing
            }
            CockpitEffect::Browse(url) => {
                let shown = domain::text::line(&url);
                let opened = self.options.browser.as_deref().is_some_and(|browser| outside::browse(browser, &url));
                let said = if opened { "opened" } else { "copied" };
                if !opened {
                    tell::copy(screen, url, self.options.tmux)?;
                }
                Done::then(Action::Notice(format!("{said} {shown}")))
            }
            CockpitEffect::Notify { title, body } => {
                let bytes = notify::bytes(&self.options.notify, &title, &body, self.options.tmux);
                if !bytes.is_empty() {
                    screen.write(&bytes)?;
                }
                Done::Nothing
            }
            CockpitEffect::Tell(told) => {
                tell::tell(screen, told, self.options.tmux)?;
                Done::Nothing
            }
            _ => Done::Nothing,
        })
    }

    /// Says that the daemon is gone and tries until it is back; meanwhile only what needs no daemon is possible.
    async fn reconnect<C: Console>(
        &mut self,
        screen: &mut Screen<C>,
        places: &Places,
        ends: &mut Ends,
    ) -> Result<Stay, TuiError> {
        self.model.connected = false;
        screens::attach::away(&mut self.model);
        let scope = self.options.scope.clone();
        let mut wait = Duration::ZERO;
        loop {
            let pause = wait;
            let attempt = async {
                tokio::time::sleep(pause).await;
                DaemonWire::open(places, &scope).await
            };
            tokio::pin!(attempt);
            let opened = loop {
                screen.draw(&self.model, &self.options.keymap, &self.options.theme)?;
                tokio::select! {
                    opened = &mut attempt => break opened,
                    event = screen.console.event() => match event {
                        Some(Ok(event)) => {
                            let actions = self.pressed(event, screen)?;
                            if self.without_daemon(actions, screen)? == Stay::No {
                                return Ok(Stay::No);
                            }
                        }
                        Some(Err(_)) | None => return Ok(Stay::No),
                    },
                    told = ends.next() => match told {
                        SignalEvent::End => return Ok(Stay::No),
                        SignalEvent::GoOn => {
                            let size = screen.retake()?;
                            self.without_daemon(vec![Action::Resized(size.0, size.1)], screen)?;
                        }
                    },
                }
            };
            if let Ok((wire, first)) = opened {
                self.wire = wire;
                self.act(Action::Connected(true), screen).await?;
                return self.act(first, screen).await;
            }
            wait = AGAIN;
        }
    }

    /// Does what can be done while no daemon is there: leaving, closing what is open, typing on.
    fn without_daemon<C: Console>(&mut self, actions: Vec<Action>, screen: &mut Screen<C>) -> Result<Stay, TuiError> {
        for action in actions {
            match action {
                Action::Leave => return Ok(Stay::No),
                Action::Detach if self.model.only_attach => return Ok(Stay::No),
                // Meant for an agent, what is typed is nothing else.
                Action::Typed(_)
                | Action::Close
                | Action::Detach
                | Action::ScrollBack(_)
                | Action::Back
                | Action::Resized(..)
                | Action::Line(_)
                | Action::Edit(_)
                | Action::Paste(_)
                | Action::Field(_)
                | Action::Choice(_)
                | Action::NewLine
                | Action::Help => {
                    for effect in update(&mut self.model, action) {
                        if let CockpitEffect::Tell(told) = effect {
                            tell::tell(screen, told, self.options.tmux)?;
                        }
                    }
                }
                _ => self.model.notice = Some("the daemon is gone; it is looked for, and q leaves".to_owned()),
            }
        }
        Ok(Stay::Yes)
    }
}

/// The outcome of an effect.
enum Done {
    Nothing,
    Left,
    Then(Box<Action>),
}

/// The meaning of a signal.
enum SignalEvent {
    End,
    GoOn,
}

impl Done {
    fn then(action: Action) -> Self {
        Self::Then(Box::new(action))
    }
}

/// The signals that end a face, and the one that says it goes on.
struct Ends {
    term: Signal,
    hangup: Signal,
    cont: Signal,
}

impl Ends {
    fn listen() -> Result<Self, TuiError> {
        let cont = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        Ok(Self { term: signal(SignalKind::terminate())?, hangup: signal(SignalKind::hangup())?, cont: signal(cont)? })
    }

    async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.term.recv() => SignalEvent::End,
            _ = self.hangup.recv() => SignalEvent::End,
            _ = self.cont.recv() => SignalEvent::GoOn,
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

/// Whether the key that crashes the cockpit is switched on, in builds for tests.
#[cfg(debug_assertions)]
fn crashes() -> bool {
    std::env::var_os("PILOTHOUSE_TEST_CRASH").is_some()
}
