//! What a repository without runs shows: how one begins, and with what.

use ratatui::text::{Line, Span};

use super::first_run::Welcome;
use crate::model::Model;
use crate::theme::{Role, Theme};

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
    use crate::testing::{TestCockpit, stored};

    #[test]
    fn no_runs_yet() {
        let mut cockpit = TestCockpit::with(Vec::new(), Glyphs::Unicode);
        let found = ["claude", "codex"].map(str::to_owned).to_vec();
        cockpit.model.welcome = Some(Welcome { agent: "rehearsal".to_owned(), found, has_settings: false });
        stored!(cockpit, "empty");
    }
}
