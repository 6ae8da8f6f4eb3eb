//! Whether the person's keys and theme can be read.

use client::Places;

use super::finding::DoctorFinding;
use crate::cockpit;

pub(super) fn look(places: &Places) -> DoctorFinding {
    let says = cockpit::keymap(places).and_then(|own| Ok((own.is_some(), cockpit::theme_in_force(places)?)));
    let (ok, says) = match says {
        Ok((own, theme)) => {
            let keys = if own { "built-in keys, changed by your keymap.toml" } else { "built-in keys" };
            (true, format!("{keys}; theme {theme}"))
        }
        Err(error) => (false, error.to_string()),
    };
    DoctorFinding { name: "cockpit", ok: Some(ok), says }
}
