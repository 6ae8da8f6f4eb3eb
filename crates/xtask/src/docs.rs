//! Documents that come from code: `docs/cli.md`, `docs/keys.md`, `docs/agents.md`, `docs/spend.md` and `docs/score.md`.

use std::fs;
use std::path::Path;

pub(crate) fn write() -> color_eyre::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::write(docs.join("cli.md"), cli::doc::reference())?;
    fs::write(docs.join("keys.md"), tui::reference())?;
    fs::write(docs.join("agents.md"), agents::reference())?;
    fs::write(docs.join("spend.md"), metering::reference())?;
    fs::write(docs.join("score.md"), proof::reference())?;
    Ok(())
}
