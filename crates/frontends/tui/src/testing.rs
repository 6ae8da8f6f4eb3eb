//! What stored screens are made with: a cockpit without a terminal, that is sent keys and frames as a person and the
//! daemon send them.

mod day;
mod picture;
pub(crate) mod play;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use domain::Timestamp;
use protocol::{Base, Disk};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::action::Action;
use crate::cockpit::actions;
use crate::effect::CockpitEffect;
use crate::glyphs::Glyphs;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::screen;
use crate::theme::{Role, Theme};
use crate::update::update;
use play::{NOW, Play, night};

/// The sizes that screens are stored at.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

pub(crate) struct TestCockpit {
    pub(crate) model: Model,
    pub(crate) keymap: Keymap,
    pub(crate) effects: Vec<CockpitEffect>,
    pub(crate) night: Vec<Play>,
}

impl TestCockpit {
    pub(crate) fn with(night: Vec<Play>, glyphs: Glyphs) -> Self {
        let now = Timestamp::from_millis(NOW);
        let model = Model::new("acme/shop".to_owned(), Some("/home/dev/acme/shop".into()), now, 0, glyphs);
        let mut cockpit = Self { model, keymap: Keymap::built_in(), effects: Vec::new(), night };
        let rows = cockpit.night.iter().map(Play::row).collect();
        cockpit.act(Action::AllRows(rows));
        cockpit.act(Action::Disk(Disk { free: 61 << 30, at: now }));
        let (repo, commit) = ("/home/dev/acme/shop".to_owned(), "4f2c91e0".repeat(5));
        cockpit.act(Action::Base(Base { repo, name: "main".to_owned(), commit }));
        cockpit
    }

    pub(crate) fn open() -> Self {
        Self::with(night(), Glyphs::Unicode)
    }

    pub(crate) fn act(&mut self, action: Action) {
        for effect in update(&mut self.model, action) {
            // The daemon answers a look with the run's events.
            if let CockpitEffect::Look { run: Some(run), .. } = &effect {
                let play = self.night.iter().find(|p| p.row().id == *run);
                let (run, lines) = (run.clone(), play.map(Play::lines).unwrap_or_default());
                self.act(Action::Events { run, lines });
            }
            self.effects.push(effect);
        }
    }

    pub(crate) fn keys(mut self, keys: &str) -> Self {
        self.press(keys);
        self
    }

    pub(crate) fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            let (code, modifiers) = match c {
                '⏎' => (KeyCode::Enter, KeyModifiers::NONE),
                '⎋' => (KeyCode::Esc, KeyModifiers::NONE),
                '⇥' => (KeyCode::Tab, KeyModifiers::NONE),
                '⌫' => (KeyCode::Backspace, KeyModifiers::NONE),
                '⌦' => (KeyCode::Delete, KeyModifiers::NONE),
                '↓' => (KeyCode::Down, KeyModifiers::NONE),
                '↑' => (KeyCode::Up, KeyModifiers::NONE),
                '⇟' => (KeyCode::PageDown, KeyModifiers::NONE),
                '†' => (KeyCode::Char('a'), KeyModifiers::CONTROL),
                c => (KeyCode::Char(c), KeyModifiers::NONE),
            };
            self.event(TerminalEvent::Key(KeyEvent::new(code, modifiers)));
        }
    }

    pub(crate) fn event(&mut self, event: TerminalEvent) {
        for action in actions(&mut self.model, &self.keymap, event) {
            self.act(action);
        }
    }

    fn buffer(&mut self, width: u16, height: u16, theme: &Theme) -> Buffer {
        self.act(Action::Resized(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test screen");
        terminal
            .draw(|frame| screen::draw(&self.model, &self.keymap, theme, frame))
            .expect("a test screen can be drawn on");
        terminal.backend().buffer().clone()
    }

    /// The screen at this size, as a terminal of this size would have it.
    pub(crate) fn screen(&mut self, width: u16, height: u16) -> String {
        let buffer = self.buffer(width, height, &Theme::dark());
        rows(&buffer, |cell| cell.symbol().to_owned())
    }

    /// The screen, and below it the role of each of its cells as a letter.
    pub(crate) fn styled(&mut self, width: u16, height: u16) -> String {
        let buffer = self.buffer(width, height, &Theme::probe());
        let text = rows(&buffer, |cell| cell.symbol().to_owned());
        let roles = rows(&buffer, |cell| {
            let role = match cell.fg {
                Color::Indexed(n) => Role::ALL.get(usize::from(n)),
                _ => None,
            };
            let role = role.map(|(role, _)| *role);
            let selected = cell.modifier.contains(Modifier::REVERSED) && role != Some(Role::HiddenSign);
            if selected { 'S'.to_string() } else { role.map_or(' ', letter).to_string() }
        });
        format!("{text}{}\n{roles}", "═".repeat(usize::from(width)))
    }
}

/// A proof with this score, and what keeps its gate closed.
pub(crate) fn proof_of(score: f64, closed: &[&str]) -> Option<protocol::ProofRow> {
    Some(protocol::ProofRow {
        k: 1,
        seq: 20,
        score,
        statement: "ab".repeat(32),
        stale: false,
        parts: Vec::new(),
        closed: closed.iter().map(|why| (*why).to_owned()).collect(),
        review: closed.is_empty().then(|| "approve".to_owned()),
        method: Some("squash".to_owned()),
        work: None,
    })
}

fn rows(buffer: &Buffer, of: impl Fn(&ratatui::buffer::Cell) -> String) -> String {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| of(&buffer[(x, y)])).collect::<String>().trim_end().to_owned() + "\n";
    (0..area.height).map(row).collect()
}

/// Returns the letter of each role; plain text is a dot, so that blanks are seen to be none.
fn letter(role: Role) -> char {
    match role {
        Role::Text => '.',
        Role::Dim => 'd',
        Role::Heading => 'H',
        Role::NeedsYou => '!',
        Role::Working => 'w',
        Role::Ready => 'r',
        Role::Finished => 'f',
        Role::Selected => 'S',
        Role::Marked => 'M',
        Role::Key => 'K',
        Role::Error => 'E',
        Role::Match => 'm',
        Role::Added => '+',
        Role::Removed => '-',
        Role::AddedWord => 'A',
        Role::RemovedWord => 'R',
        Role::Hunk => '@',
        Role::Keyword => 'k',
        Role::Literal => 'l',
        Role::Comment => 'c',
        Role::Function => 'F',
        Role::Type => 'T',
        Role::HiddenSign => '?',
    }
}

/// Stores the screen at every size, with its roles.
macro_rules! stored {
    ($cockpit:expr, $name:literal) => {
        let mut cockpit = $cockpit;
        for (width, height) in $crate::testing::SIZES {
            insta::assert_snapshot!(format!("{}-{width}x{height}", $name), cockpit.styled(width, height));
        }
    };
}
pub(crate) use stored;
