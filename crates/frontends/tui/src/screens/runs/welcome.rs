//! What a repository without runs shows: how one begins, and with what.

use ratatui::text::{Line, Span};

use crate::model::Model;
use crate::theme::{Role, Theme};

/// What is here for a first run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Welcome {
    /// The agent of runs that name none.
    pub agent: String,
    /// Agents whose programs are in PATH.
    pub found: Vec<String>,
    /// A pilothouse.toml is there.
    pub has_settings: bool,
}

impl Welcome {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let scripted = if self.agent == "rehearsal" { ", which is scripted and needs no key" } else { "" };
        let found =
            if self.found.is_empty() { "none of those that are built in".to_owned() } else { self.found.join(", ") };
        let checks = match self.has_settings {
            true => "pilothouse.toml names them; `pilothouse trust` shows what it would run",
            false => "none are defined here; `pilothouse init` proposes some",
        };
        vec![
            ("Agent", format!("runs that name none get {}{scripted}", self.agent)),
            ("In PATH", format!("{found}; `pilothouse doctor` says who pays for each")),
            ("Checks", checks.to_owned()),
            ("Demo", "`pilothouse demo` shows everything on a small repository of its own".to_owned()),
        ]
    }
}

/// The lines of a screen that no run is on.
pub(super) fn lines(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::raw("No runs here yet. Press n to start one.")];
    let facts = model.welcome.iter().flat_map(Welcome::facts);
    let facts: Vec<Line<'static>> = facts
        .map(|(name, said)| {
            let said = Span::raw(domain::text::line(&said));
            Line::from(vec![Span::styled(format!(" {name:<8} "), theme.style(Role::Dim)), said])
        })
        .collect();
    if !facts.is_empty() {
        lines.push(Line::default());
    }
    lines.extend(facts);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs::Glyphs;
    use crate::testing::{Cockpit, stored};

    #[test]
    fn no_runs_yet() {
        let mut cockpit = Cockpit::with(Vec::new(), Glyphs::Unicode);
        let found = ["claude", "codex"].map(str::to_owned).to_vec();
        cockpit.model.welcome = Some(Welcome { agent: "rehearsal".to_owned(), found, has_settings: false });
        stored!(cockpit, "empty");
    }
}
