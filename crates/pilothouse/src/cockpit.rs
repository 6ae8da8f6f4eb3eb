//! Opening the cockpit for the repository a person stands in, or for all of them.

use std::path::Path;

use cli::CliError;
use client::Places;
use protocol::{Code, Scope};
use tui::{Options, TuiError};
use worktrees::{Repository, WorktreeError};

pub(crate) async fn open(places: &Places, all: bool) -> Result<Code, CliError> {
    let folder = std::env::current_dir()?;
    let found = Repository::find(&folder);
    let options = match found {
        Ok(repo) if !all => options(title(repo.main()), Scope::Here(folder.clone()), Some(folder)),
        Ok(_) => options("all repositories".to_owned(), Scope::All, Some(folder)),
        Err(_) if all => options("all repositories".to_owned(), Scope::All, None),
        Err(error) => {
            let code = if matches!(error, WorktreeError::NotARepository(_)) { Code::NotFound } else { Code::Refused };
            return Err(CliError::new(code, format!("{error}; or see all repositories with `pilothouse --all`")));
        }
    };
    show(places, options).await
}

pub(crate) async fn show(places: &Places, options: Options) -> Result<Code, CliError> {
    tui::open(places, options).await.map_err(|error| match error {
        TuiError::Client(error) => error.into(),
        TuiError::NoTerminal => CliError::new(Code::HumanNeeded, error.to_string()),
        TuiError::Terminal(_) => CliError::new(Code::Failed, error.to_string()),
    })?;
    Ok(Code::Done)
}

pub(crate) fn options(title: String, scope: Scope, folder: Option<std::path::PathBuf>) -> Options {
    Options { title, scope, folder, colour: variable("NO_COLOR").is_none(), locale: locale() }
}

/// An environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The locale for characters: the first of these variables that is set decides (POSIX, 8.2).
pub(crate) fn locale() -> String {
    ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name)).unwrap_or_default()
}

/// The last two parts of the repository's path, like `acme/shop`.
fn title(main: &Path) -> String {
    let parts: Vec<_> = main.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    match parts.as_slice() {
        [name, parent] if *parent != "/" => format!("{parent}/{name}"),
        [name, ..] => name.to_string(),
        [] => "/".to_owned(),
    }
}
