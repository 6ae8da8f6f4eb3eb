//! `pilothouse completions` and `pilothouse man`, and the command-line reference in docs/: all from the same
//! definition that reads the arguments.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use protocol::Code;

use crate::args::Cli;
use crate::error::CliError;
use crate::out::Out;

pub(super) fn completions(shell: Shell) -> Result<Code, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pilothouse", &mut script);
    Out::stdout(false).text(&String::from_utf8_lossy(&script))?;
    Ok(Code::Done)
}

/// Prints the whole manual, or writes a page for each command into a folder, as packages have them.
pub(super) fn man(pages: Option<&Path>) -> Result<Code, CliError> {
    if let Some(folder) = pages {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)?;
        return Ok(Code::Done);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let titled = verb.clone().name(format!("pilothouse-{}", verb.get_name()));
        clap_mangen::Man::new(titled).render(&mut page)?;
    }
    Out::stdout(false).text(&String::from_utf8_lossy(&page))?;
    Ok(Code::Done)
}

/// `docs/cli.md`, written from the definition.
pub fn reference() -> String {
    let mut text =
        String::from("# The command line\n\nWritten from the program's own definition; `just docs` writes it anew.\n");
    let mut command = Cli::command().term_width(100);
    command.build();
    section(&command, &mut text);
    text
}

fn section(command: &Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let help = command.clone().term_width(100).render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
    // The verb of that name is pilothouse's own; those below a verb are clap's.
    let is_own = |verb: &&Command| verb.get_name() != "help" || command.get_name() == "pilothouse";
    for verb in command.get_subcommands().filter(is_own).filter(|verb| !verb.is_hide_set()) {
        section(verb, text);
    }
}
