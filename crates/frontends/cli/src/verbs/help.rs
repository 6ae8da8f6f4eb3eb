//! `pilothouse help`: the help of a command, and the pages of the documentation, which an installed binary has nowhere else.

use clap::{Command, CommandFactory};
use protocol::Code;
use unicode_width::UnicodeWidthStr;

use crate::args::Cli;
use crate::error::CliError;
use crate::out::{Out, columns};

/// The pages by the name that they are asked for with.
const PAGES: [(&str, &str); 12] = [
    ("agents", include_str!("../../../../../docs/agents.md")),
    ("back", include_str!("../../../../../docs/back.md")),
    ("changelog", include_str!("../../../../../docs/CHANGELOG.md")),
    ("cockpit", include_str!("../../../../../docs/cockpit.md")),
    ("done", include_str!("../../../../../docs/done.md")),
    ("files", include_str!("../../../../../docs/files.md")),
    ("keys", include_str!("../../../../../docs/keys.md")),
    ("persons-word", include_str!("../../../../../docs/persons-word.md")),
    ("score", include_str!("../../../../../docs/score.md")),
    ("settings", include_str!("../../../../../docs/settings.md")),
    ("spend", include_str!("../../../../../docs/spend.md")),
    ("verify-by-hand", include_str!("../../../../../docs/verify-by-hand.md")),
];

/// Prints the help of the command that these words name, and the page of that name.
pub(super) fn help(words: &[String]) -> Result<Code, CliError> {
    let page = match words {
        [name] => PAGES.iter().find(|(known, _)| known == name).map(|(_, text)| *text),
        _ => None,
    };
    let mut root = Cli::command();
    root.build();
    let command = command(root, words);
    let mut out = Out::stdout(false);
    if let Some(mut command) = command {
        out.text(&command.render_long_help().to_string())?;
        if words.is_empty() {
            out.text(&format!("\nPages: {} (`pilothouse help PAGE`)\n", names()))?;
        }
        if page.is_some() {
            out.text("\n")?;
        }
    } else if page.is_none() {
        let asked = domain::text::line(&words.join(" "));
        let reason =
            format!("there is no command and no page {asked}; `pilothouse help` lists them; pages: {}", names());
        return Err(CliError::new(Code::Usage, reason));
    }
    if let Some(page) = page {
        let page = without_comments(page);
        let columns = if out.terminal { columns() } else { usize::MAX };
        out.text(&wrapped(&page, columns))?;
    }
    Ok(Code::Done)
}

/// Returns a page whose paragraphs fit into so many columns; tables and examples stay as they are.
fn wrapped(page: &str, columns: usize) -> String {
    let (mut text, mut example) = (String::new(), false);
    for line in page.lines() {
        example ^= line.starts_with("```");
        if example || line.starts_with(['|', '`', '#']) || line.width() <= columns {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        // A list's sign and its blanks; what follows on other lines stands below the words.
        let indent = line.len() - line.trim_start_matches(['-', ' ']).len();
        text.push_str(&line[..indent]);
        let mut used = indent;
        for word in line[indent..].split(' ') {
            if used > indent && used + 1 + word.width() > columns {
                text.push('\n');
                text.push_str(&" ".repeat(indent));
                used = indent;
            } else if used > indent {
                text.push(' ');
                used += 1;
            }
            text.push_str(word);
            used += word.width();
        }
        text.push('\n');
    }
    text
}

/// Returns a page without what only those who write it need to see.
fn without_comments(page: &str) -> String {
    let lines = page.lines().filter(|line| !(line.starts_with("<!--") && line.ends_with("-->")));
    let text = lines.collect::<Vec<_>>().join("\n");
    format!("{}\n", text.trim_start())
}

/// The command that these words name, below each other; `None` where one of them names none.
fn command(root: Command, words: &[String]) -> Option<Command> {
    words.iter().try_fold(root, |command, word| command.find_subcommand(word).cloned())
}

fn names() -> String {
    PAGES.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_fit_and_tables_stay() {
        let rest = "| a | long table row |\n```\nan example that is long\n```\n";
        let page = format!("# A title that is long\n- one two three four\n  five six seven\n{rest}");
        let list = "# A title that is long\n- one two\n  three four\n  five six\n  seven\n";
        assert_eq!(wrapped(&page, 12), format!("{list}{rest}"));
        assert_eq!(wrapped(&page, usize::MAX), page);
    }

    #[test]
    fn every_page_of_the_documentation_is_there() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs");
        let files = std::fs::read_dir(folder).expect("the documentation");
        let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().to_lowercase());
        // Who works on pilothouse has its repository; the command line is in the help of each command.
        let apart = ["architecture.md", "contributing.md", "cli.md"];
        let mut names: Vec<String> = names.filter(|name| !apart.contains(&name.as_str())).collect();
        names.sort();
        let pages: Vec<String> = PAGES.iter().map(|(name, _)| format!("{name}.md")).collect();
        assert_eq!(pages, names);
    }
}
