//! What is here for a first run, as the screen without runs says it. Nothing is started for that.

use std::path::Path;

use agents::Program;
use settings::Settings;
use tui::Welcome;

/// Returns what a run begun in `folder` would find.
pub(crate) fn welcome(settings: &Settings, folder: &Path) -> Welcome {
    let own = |name: &str| settings.agents.get(name).and_then(|agent| agent.value.path.clone());
    let is_here = |agent: &&agents::Agent| match agent.program {
        Program::InPath { name, .. } => supervisor::in_path(own(agent.name).as_deref().unwrap_or(name), None).is_some(),
        _ => false,
    };
    let found = agents::all().iter().filter(is_here).map(|agent| agent.name.to_owned());
    // The folder may be one below the repository's.
    let has_settings = folder.ancestors().any(|above| above.join("pilothouse.toml").exists());
    Welcome { agent: settings.default_agent.value.clone(), found: found.collect(), has_settings }
}
