//! Drawing the proof: the gate first, since that is what a person waits for, then the score part by part.

use domain::figures;
use protocol::{ProofRow, Row};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, fit_right, wrapped};

/// A line and how it is to look.
pub(super) type Said = (String, Role);

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(row) = model.selected() else { return };
    let lines = lines(model, row, usize::from(area.width));
    let shown = lines.into_iter().skip(model.proof_top).map(|(text, role)| Line::styled(text, theme.style(role)));
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
}

/// All lines at this width.
pub(super) fn lines(model: &Model, row: &Row, width: usize) -> Vec<Said> {
    let mut lines = Vec::new();
    let room = width.saturating_sub(2);
    let mut say = |text: &str, role: Role, indent: usize| {
        let parts = wrapped(&domain::text::line(text), room.saturating_sub(indent));
        lines.extend(parts.into_iter().map(|part| (format!(" {}{part}", " ".repeat(indent)), role)));
    };
    let Some(proof) = &row.proof else {
        if row.is_settled() {
            say("There is no proof of it.", Role::Dim, 0);
            say(row.reason.as_deref().unwrap_or_default(), Role::NeedsYou, 0);
        } else {
            say("There is no proof of it yet: a pack is written by itself when the run is over.", Role::Dim, 0);
        }
        return lines;
    };
    match row.gate.as_deref() {
        Some("merged") => say("It is merged.", Role::Ready, 0),
        Some("open") => say("The gate is open.", Role::Ready, 0),
        _ => say("The gate is closed:", Role::NeedsYou, 0),
    }
    for reason in &proof.closed {
        say(&format!("{} {reason}", model.glyphs.pick("·", "-")), Role::NeedsYou, 1);
    }
    if let Some(wrote) = row.escapes_say() {
        say(&format!("It {wrote}."), Role::NeedsYou, 0);
    }
    if let Some(pull) = &row.pr {
        say(&format!("Pull request {}.", pull.says(row.head.as_deref())), Role::Text, 0);
    }
    match row.comments.filter(|comments| comments.waiting > 0) {
        Some(comments) if row.status == "merged" => {
            let comments = crate::widgets::count(usize::try_from(comments.waiting).unwrap_or(0), "comment");
            say(&format!("{comments} of yours never went to its agent."), Role::Dim, 0);
        }
        Some(comments) => {
            let says = comments.says().unwrap_or_default();
            say(&format!("{says}: asking for changes sends what you said, an approval does not."), Role::NeedsYou, 0);
        }
        None => {}
    }
    say("", Role::Text, 0);
    let stale = if proof.stale { ", which does not tell all that happened since" } else { "" };
    say(
        &format!("Score {:.2} in pack {}, of events 1 to {}{stale}", proof.score, proof.k, proof.seq),
        Role::Heading,
        0,
    );
    lines.extend(parts(proof, width));
    let hint = format!("pilothouse proof {}", domain::text::line(&row.name));
    lines.push((fit(&format!(" {hint}  says where the pack lies"), width), Role::Dim));
    lines
}

fn parts(proof: &ProofRow, width: usize) -> Vec<Said> {
    let part = |part: &domain::score::ScorePart| {
        let (value, role) = match part.value {
            None => (figures::UNKNOWN.to_owned(), Role::Dim),
            Some(value) => (figures::share(value), if value == 100 { Role::Text } else { Role::NeedsYou }),
        };
        let (name, weight) = (fit(&domain::text::line(&part.name), 10), fit_right(&figures::share(part.weight), 6));
        let reason = domain::text::line(&part.reason);
        (fit(&format!("  {name}{weight} {}  {reason}", fit_right(&value, 5)), width), role)
    };
    let heading = (fit("  PART      WEIGHT VALUE  WHY", width), Role::Dim);
    std::iter::once(heading).chain(proof.parts.iter().map(part)).collect()
}
