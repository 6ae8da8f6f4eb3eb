//! Colours by role: named ANSI colours only, and never colour alone.

mod read;

use domain::group::Group;
use ratatui::style::{Color, Modifier, Style};

pub use read::ThemeError;

/// The role of a piece of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Text,
    /// Less important than text.
    Dim,
    Heading,
    NeedsYou,
    Working,
    Ready,
    Finished,
    /// The row or line of the cursor.
    Selected,
    /// A row that is marked for a verb on many.
    Marked,
    Key,
    Error,
    /// Text that a search or a filter found.
    Match,
    Added,
    Removed,
    /// The words of a changed line that differ.
    AddedWord,
    RemovedWord,
    Hunk,
    Keyword,
    Literal,
    Comment,
    Function,
    Type,
    /// The stand-in for a sign that nobody would see.
    HiddenSign,
}

impl Role {
    /// Every role with the name that a theme file calls it by.
    pub(crate) const ALL: [(Self, &'static str); 23] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Heading, "heading"),
        (Self::NeedsYou, "needs-you"),
        (Self::Working, "working"),
        (Self::Ready, "ready"),
        (Self::Finished, "finished"),
        (Self::Selected, "selected"),
        (Self::Marked, "marked"),
        (Self::Key, "key"),
        (Self::Error, "error"),
        (Self::Match, "match"),
        (Self::Added, "added"),
        (Self::Removed, "removed"),
        (Self::AddedWord, "added-word"),
        (Self::RemovedWord, "removed-word"),
        (Self::Hunk, "hunk"),
        (Self::Keyword, "keyword"),
        (Self::Literal, "literal"),
        (Self::Comment, "comment"),
        (Self::Function, "function"),
        (Self::Type, "type"),
        (Self::HiddenSign, "hidden-sign"),
    ];
}

/// How each role looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// Returns the theme for light text on a dark ground.
    pub fn dark() -> Self {
        Self::of(|role| match role {
            Role::Text | Role::Heading | Role::Selected => None,
            Role::Dim | Role::Finished | Role::Comment => Some(Color::DarkGray),
            Role::NeedsYou | Role::Marked | Role::Match | Role::Literal | Role::HiddenSign => Some(Color::Yellow),
            Role::Working | Role::Key | Role::Hunk | Role::Type => Some(Color::Cyan),
            Role::Ready | Role::Added | Role::AddedWord => Some(Color::Green),
            Role::Error | Role::Removed | Role::RemovedWord => Some(Color::Red),
            Role::Keyword => Some(Color::Magenta),
            Role::Function => Some(Color::Blue),
        })
    }

    /// Returns the theme for dark text on a light ground, where yellow and cyan can't be read.
    pub fn light() -> Self {
        Self::of(|role| match role {
            Role::Text | Role::Heading | Role::Selected => None,
            Role::Dim | Role::Finished | Role::Comment => Some(Color::DarkGray),
            Role::NeedsYou | Role::Marked | Role::Match | Role::Keyword | Role::HiddenSign => Some(Color::Magenta),
            Role::Working | Role::Key | Role::Hunk | Role::Type | Role::Function => Some(Color::Blue),
            Role::Ready | Role::Added | Role::AddedWord | Role::Literal => Some(Color::Green),
            Role::Error | Role::Removed | Role::RemovedWord => Some(Color::Red),
        })
    }

    /// Returns the theme without colours: what must stand out does so by weight, underlining and reversal.
    pub fn plain() -> Self {
        Self::of(|_| None)
    }

    /// Every role in a colour of its own, so that stored screens can tell which role a cell has.
    #[cfg(test)]
    pub(crate) fn probe() -> Self {
        let at = |role| Role::ALL.iter().position(|(known, _)| *known == role);
        Self::of(|role| at(role).and_then(|at| u8::try_from(at).ok()).map(Color::Indexed))
    }

    fn of(colour: impl Fn(Role) -> Option<Color>) -> Self {
        let style = |(role, _): (Role, &str)| {
            let weight = Style::new().add_modifier(weight(role));
            colour(role).map_or(weight, |colour| weight.fg(colour))
        };
        Self { styles: Role::ALL.map(style) }
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        let at = Role::ALL.iter().position(|(known, _)| *known == role);
        at.map_or_else(Style::new, |at| self.styles[at])
    }

    fn set(&mut self, role: Role, style: Style) {
        if let Some(at) = Role::ALL.iter().position(|(known, _)| *known == role) {
            self.styles[at] = style;
        }
    }

    pub(crate) fn group(&self, group: Group) -> Style {
        self.style(match group {
            Group::NeedsYou => Role::NeedsYou,
            Group::Working => Role::Working,
            Group::Ready => Role::Ready,
            Group::Observed => Role::Text,
            Group::Finished => Role::Finished,
        })
    }
}

/// Returns the modifier that tells a role from its neighbours also where there are no colours.
fn weight(role: Role) -> Modifier {
    match role {
        Role::Heading | Role::NeedsYou | Role::Key | Role::Error | Role::Marked => Modifier::BOLD,
        Role::Selected | Role::HiddenSign => Modifier::REVERSED,
        Role::Match | Role::AddedWord | Role::RemovedWord => Modifier::UNDERLINED.union(Modifier::BOLD),
        Role::Text
        | Role::Dim
        | Role::Working
        | Role::Ready
        | Role::Finished
        | Role::Added
        | Role::Removed
        | Role::Hunk
        | Role::Keyword
        | Role::Literal
        | Role::Comment
        | Role::Function
        | Role::Type => Modifier::empty(),
    }
}
