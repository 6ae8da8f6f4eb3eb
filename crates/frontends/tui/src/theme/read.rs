//! A person's own theme: a file of roles and named colours, laid over one of the built-in themes.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;

use super::{Role, Theme};

/// A theme file with a mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {why}")]
pub struct ThemeError {
    pub file: String,
    pub line: usize,
    pub why: String,
}

/// The words for colours; terminals know how each should look.
const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

impl Theme {
    /// Reads a theme: `base = "dark"` or `"light"`, and for each role words like `"light-red bold on-black"`.
    ///
    /// # Errors
    /// Names the file, the line and what was expected.
    pub fn read(file: &str, text: &str) -> Result<Self, ThemeError> {
        let line = |byte: usize| text[..byte.min(text.len())].matches('\n').count() + 1;
        let wrong = |byte: usize, why: String| ThemeError { file: file.to_owned(), line: line(byte), why };
        let entries: BTreeMap<Spanned<String>, Spanned<String>> =
            toml::from_str(text).map_err(|e| wrong(e.span().map_or(0, |span| span.start), e.message().to_owned()))?;
        let base = entries.iter().find(|(key, _)| key.get_ref() == "base");
        let mut theme = match base.map(|(_, value)| (value.get_ref().as_str(), value.span().start)) {
            None | Some(("dark", _)) => Self::dark(),
            Some(("light", _)) => Self::light(),
            Some((other, at)) => return Err(wrong(at, format!("base = {other:?}: expected \"dark\" or \"light\""))),
        };
        for (key, value) in entries.iter().filter(|(key, _)| key.get_ref() != "base") {
            let found = Role::ALL.iter().find(|(_, name)| name == key.get_ref());
            let Some((role, _)) = found else {
                let names: Vec<_> = Role::ALL.iter().map(|(_, name)| *name).collect();
                let why = format!("there is no role {:?}; there is {}", key.get_ref(), names.join(", "));
                return Err(wrong(key.span().start, why));
            };
            let style = style(value.get_ref()).map_err(|word| {
                let why =
                    format!("{word:?} is no colour and no weight; expected words like \"light-red bold on-black\"");
                wrong(value.span().start, why)
            })?;
            theme.set(*role, style);
        }
        Ok(theme)
    }
}

/// The style that `words` ask for, or the word that means nothing.
fn style(words: &str) -> Result<Style, &str> {
    let named = |name: &str| COLOURS.iter().find(|(known, _)| *known == name).map(|(_, colour)| *colour);
    words.split_whitespace().try_fold(Style::new(), |style, word| {
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(known, _)| *known == word) {
            return Ok(style.add_modifier(*modifier));
        }
        match word.strip_prefix("on-").map(named) {
            Some(Some(ground)) => Ok(style.bg(ground)),
            Some(None) => Err(word),
            None => named(word).map(|colour| style.fg(colour)).ok_or(word),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_theme_changes_named_roles_alone() {
        let theme = Theme::read("t.toml", "base = \"light\"\nneeds-you = \"light-red bold on-black\"").expect("good");
        let style = theme.style(Role::NeedsYou);
        assert_eq!((style.fg, style.bg), (Some(Color::LightRed), Some(Color::Black)));
        assert_eq!(theme.style(Role::Working), Theme::light().style(Role::Working));
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        for (text, line, word) in [
            ("base = \"dark\"\nneeds_you = \"red\"", 2, "needs-you"),
            ("\nerror = \"rouge\"", 2, "rouge"),
            ("error = \"red on-rouge\"", 1, "on-rouge"),
            ("base = \"grey\"", 1, "light"),
            ("error = 3", 1, "string"),
            ("error =", 1, ""),
        ] {
            let error = Theme::read("mine.toml", text).expect_err(text);
            assert_eq!((error.file.as_str(), error.line), ("mine.toml", line), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
