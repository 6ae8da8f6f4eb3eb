//! Going through the proof's lines.

use crate::effect::CockpitEffect;
use crate::model::Model;
use crate::screens::runs::layout;

pub(crate) fn scroll(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let area = layout(model).body;
    let lines = model.selected().map_or(0, |row| super::draw::lines(model, row, usize::from(area.width)).len());
    let last = lines.saturating_sub(usize::from(area.height));
    model.proof_top = model.proof_top.saturating_add_signed(by).min(last);
    Vec::new()
}
