//! Opening the cockpit for the repository a person stands in, or for all of them.

use std::path::{Path, PathBuf};

use cli::CliError;
use client::Places;
use protocol::{Code, Scope};
use settings::Settings;
use tui::{Keymap, NotifyWay, Options, Theme, TuiError};
use worktrees::{Repository, WorktreeError};

use crate::welcome;

pub(crate) async fn open(places: &Places, all: bool) -> Result<Code, CliError> {
    let folder = std::env::current_dir()?;
    let found = Repository::find(&folder);
    let (title, scope, folder) = match found {
        Ok(repo) if !all => (title(repo.main()), Scope::Here(folder.clone()), Some(folder)),
        Ok(_) => ("all repositories".to_owned(), Scope::All, Some(folder)),
        Err(_) if all => ("all repositories".to_owned(), Scope::All, None),
        Err(error) => {
            let code = if matches!(error, WorktreeError::NotARepository(_)) { Code::NotFound } else { Code::Refused };
            return Err(CliError::new(code, format!("{error}; or see all repositories with `pilothouse --all`")));
        }
    };
    show(places, options(places, title, scope, folder)?).await
}

pub(crate) async fn show(places: &Places, options: Options) -> Result<Code, CliError> {
    tui::open(places, options).await.map_err(|error| match error {
        TuiError::Client(error) => error.into(),
        TuiError::NoTerminal(_) => CliError::new(Code::HumanNeeded, error.to_string()),
        TuiError::NoRun(_) => CliError::new(Code::NotFound, error.to_string()),
        TuiError::Terminal(_) => CliError::new(Code::Failed, error.to_string()),
    })?;
    Ok(Code::Done)
}

/// Returns what the cockpit is opened with: the person's settings, keys and theme, and what the environment says.
pub(crate) fn options(
    places: &Places,
    title: String,
    scope: Scope,
    folder: Option<PathBuf>,
) -> Result<Options, CliError> {
    let usage = |error: String| CliError::new(Code::Usage, error);
    let user = read(&places.config)?.map(|text| (places.config.clone(), text));
    let settings = Settings::from_layers(&user.into_iter().collect::<Vec<_>>()).map_err(|e| usage(e.to_string()))?;
    let beside = beside(places);
    let keymap = keymap(places)?.unwrap_or_else(Keymap::built_in);
    let welcome = folder.as_deref().map(|folder| welcome::welcome(&settings, folder));
    Ok(Options {
        title,
        scope,
        folder,
        attach: None,
        theme: theme(beside, &settings.theme.value)?,
        keymap,
        notify: settings.notify.value.iter().filter_map(|way| NotifyWay::named(way)).collect(),
        mouse: settings.mouse.value,
        clipboard: settings.clipboard.value,
        tmux: variable("TMUX").is_some(),
        term: variable("TERM").unwrap_or_default(),
        editor: variable("VISUAL").or_else(|| variable("EDITOR")),
        browser: browser(),
        locale: locale(),
        welcome,
    })
}

/// The folder of the person's settings.
fn beside(places: &Places) -> &Path {
    places.config.parent().unwrap_or(&places.config)
}

/// The keys that a person has changed; `None` where they changed none.
pub(crate) fn keymap(places: &Places) -> Result<Option<Keymap>, CliError> {
    let path = beside(places).join("keymap.toml");
    let keymap = |text: String| Keymap::with(&path.display().to_string(), &text);
    read(&path)?.map(keymap).transpose().map_err(|e| CliError::new(Code::Usage, e.to_string()))
}

/// The name of the theme that the cockpit would have.
pub(crate) fn theme_in_force(places: &Places) -> Result<String, CliError> {
    let user = read(&places.config)?.map(|text| (places.config.clone(), text));
    let settings = Settings::from_layers(&user.into_iter().collect::<Vec<_>>());
    let settings = settings.map_err(|e| CliError::new(Code::Usage, e.to_string()))?;
    let name = settings.theme.value;
    named_theme(beside(places), &name)?;
    Ok(if variable("NO_COLOR").is_some() { "without colours (NO_COLOR is set)".to_owned() } else { name })
}

fn theme(beside: &Path, name: &str) -> Result<Theme, CliError> {
    if variable("NO_COLOR").is_some() {
        return Ok(Theme::plain());
    }
    named_theme(beside, name)
}

fn named_theme(beside: &Path, name: &str) -> Result<Theme, CliError> {
    match name {
        "dark" => Ok(Theme::dark()),
        "light" => Ok(Theme::light()),
        name => {
            let path = beside.join("themes").join(format!("{name}.toml"));
            let missing = || {
                format!("cockpit.theme = {name:?}: there is no {}; \"dark\" and \"light\" are built in", path.display())
            };
            let text = read(&path)?.ok_or_else(|| CliError::new(Code::Usage, missing()))?;
            Theme::read(&path.display().to_string(), &text).map_err(|e| CliError::new(Code::Usage, e.to_string()))
        }
    }
}

/// A file's text; `None` when there is none.
fn read(path: &Path) -> Result<Option<String>, CliError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::new(Code::Failed, format!("{} can't be read: {error}", path.display()))),
    }
}

/// An environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the program that shows a page on the screen that the person sits at.
fn browser() -> Option<String> {
    let far = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| variable(name).is_some());
    let screen =
        cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| variable(name).is_some());
    let opens = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    (!far && screen).then(|| opens.to_owned())
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
