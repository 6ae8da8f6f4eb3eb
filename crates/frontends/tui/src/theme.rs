//! Colours by role: named ANSI colours only, and never colour alone.

use domain::group::Group;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is.
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
    Selected,
    Key,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    pub(crate) colour: bool,
}

impl Theme {
    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let (colour, modifier) = match role {
            Role::Text => (None, Modifier::empty()),
            Role::Dim | Role::Finished => (Some(Color::DarkGray), Modifier::empty()),
            Role::Heading => (None, Modifier::BOLD),
            Role::NeedsYou => (Some(Color::Yellow), Modifier::BOLD),
            Role::Working => (Some(Color::Cyan), Modifier::empty()),
            Role::Ready => (Some(Color::Green), Modifier::empty()),
            Role::Selected => (None, Modifier::REVERSED),
            Role::Key => (Some(Color::Cyan), Modifier::BOLD),
            Role::Error => (Some(Color::Red), Modifier::BOLD),
        };
        let style = plain.add_modifier(modifier);
        match colour.filter(|_| self.colour) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    pub(crate) fn group(self, group: Group) -> Style {
        self.style(match group {
            Group::NeedsYou => Role::NeedsYou,
            Group::Working => Role::Working,
            Group::Ready => Role::Ready,
            Group::Finished => Role::Finished,
        })
    }
}
