//! `pilothouse init`: a first `pilothouse.toml` from what the repository has, without a daemon.

use std::fs;
use std::io::Write as _;

use cli::{CliError, InitArgs};
use domain::exam::SETTINGS;
use protocol::Code;
use worktrees::Repository;

pub(crate) fn init(args: &InitArgs) -> Result<Code, CliError> {
    let here = std::env::current_dir()?;
    let repo = Repository::find(&here).map_err(|e| CliError::new(Code::NotFound, e.to_string()))?;
    let proposal = settings::propose(&|name| fs::read_to_string(repo.main().join(name)).ok());
    let mut out = cli::Out::stdout(false);
    if args.print {
        out.text(&proposal.to_toml())?;
        return Ok(Code::Done);
    }
    let path = repo.main().join(SETTINGS);
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let reason =
                format!("{} is there already; `pilothouse init --print` shows what would be proposed", path.display());
            CliError::new(Code::Refused, reason)
        }
        _ => CliError::new(Code::Failed, format!("{}: {e}", path.display())),
    })?;
    file.write_all(proposal.to_toml().as_bytes())?;
    out.line(format!("{}", path.display()))?;
    for check in &proposal.checks {
        out.line(format!("  check {}: {}   (found by {})", check.name, check.run, check.by))?;
    }
    if proposal.checks.is_empty() {
        out.line("  no check was found; a run without checks is done when its agent says so")?;
    }
    out.line(format!(
        "look at it, commit it, then `pilothouse trust`: git add {SETTINGS} && git commit -m \"{SETTINGS}\""
    ))?;
    Ok(Code::Done)
}
