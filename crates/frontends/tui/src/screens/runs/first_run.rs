//! The means for a first run that are here.

/// The agents and checks that are here for a first run.
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
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
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
