//! A real daemon, a real client and the real cockpit in one process, on a screen that is only parsed; agents and their
//! keepers are processes as ever.

use std::io::{self, Write};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use client::Places;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use protocol::{Reply, Request, RunRequest, Scope};
use testkit::Repo;
use tokio::sync::mpsc;
use tui::{Console, Keymap, Options, Theme};

/// The parsed screen that the cockpit draws on.
#[derive(Clone)]
struct Shared(Arc<Mutex<vt100::Parser>>);

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut vt100::Parser) -> T) -> T {
        look(&mut self.0.lock().expect("no one panics while drawing"))
    }
}

/// A writer that shows what is written as whole frames.
struct Frames {
    screen: Shared,
    frame: Vec<u8>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.frame);
        self.screen.with(|parser| parser.process(&frame));
        Ok(())
    }
}

struct Parsed {
    screen: Shared,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Console for Parsed {
    type Out = Frames;

    fn out(&self) -> Frames {
        Frames { screen: self.screen.clone(), frame: Vec::new() }
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        let (rows, columns) = self.screen.with(|parser| parser.screen().size());
        Ok((columns.get(), rows.get()))
    }

    fn take(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn give(&mut self) {}

    async fn event(&mut self) -> Option<io::Result<Event>> {
        self.events.recv().await.map(Ok)
    }
}

pub(crate) struct House {
    pub(crate) repo: Repo,
    places: Places,
    _home: tempfile::TempDir,
    daemon: Option<JoinHandle<()>>,
    faces: tokio::runtime::Runtime,
    /// A process has one daemon at a time: its private folder is the process's.
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

impl House {
    /// A daemon of this process, for a repository with a few files.
    pub(crate) fn new(binary: &str, settings: &str) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let home = tempfile::Builder::new().prefix("pilothouse-home-").tempdir().expect("a temporary folder");
        let places = Places::below(&home.path().canonicalize().expect("the folder"));
        std::fs::write(&places.config, settings).expect("writable");
        let now = jiff::Timestamp::now().as_millisecond();
        let version = env!("CARGO_PKG_VERSION");
        let taken = daemon::Instance::take(&places.home, &places.runtime, version, now).expect("a state folder");
        let instance = taken.unwrap_or_else(|_| panic!("nobody else serves it"));
        let of_daemon = daemon::DaemonPlaces {
            home: places.home.clone(),
            runtime: places.runtime.clone(),
            config: places.config.clone(),
            binary: PathBuf::from(binary),
            keys: gateway::GivenKeys::default(),
        };
        let daemon = std::thread::spawn(move || daemon::run(&of_daemon, instance).expect("it serves"));
        let faces = tokio::runtime::Runtime::new().expect("a runtime");
        let house = Self { repo: Repo::with_files(5), places, _home: home, daemon: Some(daemon), faces, _alone: alone };
        house.wait_for_daemon();
        house
    }

    fn wait_for_daemon(&self) {
        testkit::wait_until("the daemon", || if self.places.record().exists() { Ok(()) } else { Err(String::new()) });
    }

    pub(crate) fn ask(&self, request: Request) -> Reply {
        let asked = async { client::connect(&self.places).await?.ask(request).await };
        self.faces.block_on(asked).expect("an answer")
    }

    pub(crate) fn run(&self, name: &str, scenario: &str, count: u32) {
        let request = RunRequest {
            folder: self.repo.path(),
            task: format!("do {name}"),
            agent: Some(format!("rehearsal:{scenario}")),
            model: None,
            name: Some(name.to_owned()),
            base: None,
            count,
            phases: Vec::new(),
            budget_tokens: None,
            budget_usd: None,
            policy: None,
            caller: std::collections::BTreeMap::new(),
            interactive: false,
        };
        assert!(matches!(self.ask(Request::Run(Box::new(request))), Reply::Rows(_)));
    }

    /// The cockpit for the repository, at this size.
    pub(crate) fn open(&self, columns: u16, rows: u16) -> Screen {
        let size = |n| NonZeroU16::new(n).expect("a size");
        let screen = Shared(Arc::new(Mutex::new(vt100::Parser::new(size(rows), size(columns), 0))));
        let (keys, events) = mpsc::unbounded_channel();
        let console = Parsed { screen: screen.clone(), events };
        let options = Options {
            title: "acme/shop".to_owned(),
            scope: Scope::Here(self.repo.path()),
            folder: Some(self.repo.path()),
            attach: None,
            theme: Theme::dark(),
            keymap: Keymap::built_in(),
            notify: Vec::new(),
            mouse: true,
            clipboard: true,
            tmux: false,
            term: "xterm".to_owned(),
            editor: None,
            browser: None,
            locale: "C.UTF-8".to_owned(),
            welcome: None,
        };
        let places = self.places.clone();
        let cockpit = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(tui::open_on(console, &places, options)).expect("the cockpit stays open");
        });
        Screen { screen, keys, cockpit }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let runs = match self.ask(Request::Rows(Scope::All)) {
            Reply::Rows(rows) => {
                rows.into_iter().filter(|row| !row.is_settled()).map(|row| row.id.to_string()).collect()
            }
            _ => Vec::new(),
        };
        let command = domain::command::Command::Terminate { grace_ms: 0 };
        let _ended = self.ask(Request::Act { runs, scope: Scope::All, command, by_hand_too: false });
        let _stopping = self.ask(Request::Stop);
        let _over = self.daemon.take().map(JoinHandle::join);
    }
}

pub(crate) struct Screen {
    screen: Shared,
    keys: mpsc::UnboundedSender<Event>,
    cockpit: JoinHandle<()>,
}

impl Screen {
    pub(crate) fn press(&self, keys: &str) {
        for c in keys.chars() {
            let code = match c {
                '⏎' => KeyCode::Enter,
                '⎋' => KeyCode::Esc,
                '⇥' => KeyCode::Tab,
                c => KeyCode::Char(c),
            };
            self.keys.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))).expect("the cockpit is open");
        }
    }

    pub(crate) fn key(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.keys.send(Event::Key(KeyEvent::new(code, modifiers))).expect("the cockpit is open");
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = |n| NonZeroU16::new(n).expect("a size");
        self.screen.with(|parser| parser.screen_mut().set_size(size(rows), size(columns)));
        self.keys.send(Event::Resize(columns, rows)).expect("the cockpit is open");
    }

    pub(crate) fn text(&self) -> String {
        self.screen.with(|parser| parser.screen().contents())
    }

    /// Looks until the screen is as wanted.
    pub(crate) fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        testkit::wait_until(what, || {
            let screen = self.text();
            if wanted(&screen) { Ok(screen) } else { Err(screen) }
        })
    }

    /// Presses `q` and waits until the cockpit has closed.
    pub(crate) fn leave(self) {
        self.press("q");
        self.cockpit.join().expect("it leaves in peace");
    }
}

/// The screen without what differs from one time to the next: every figure is a zero, blanks and rules are one.
pub(crate) fn normalized(screen: &str) -> String {
    let line = |line: &str| {
        let mut out = String::new();
        for c in line.chars() {
            let c = if c.is_ascii_digit() || (c == '.' && out.ends_with('0')) { '0' } else { c };
            let again = matches!(c, '0' | ' ' | '─' | '━') && out.ends_with(c);
            let unit = matches!(c, 'K' | 'M' | 'G' | 'T') && out.ends_with('0');
            if !again && !unit {
                out.push(c);
            }
        }
        out.trim_end().to_owned() + "\n"
    };
    screen.lines().map(line).collect()
}
