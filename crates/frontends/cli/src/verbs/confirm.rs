//! Asking a person before something is done.

use protocol::Code;

use crate::error::CliError;

/// Asks a person to go on; without a terminal there is no one to ask.
pub(super) fn confirm(question: &str, terminal: bool) -> Result<bool, CliError> {
    use std::io::{BufRead, IsTerminal, Write};
    if !terminal || !std::io::stdin().is_terminal() {
        return Err(CliError::new(Code::HumanNeeded, "this asks before it acts, and here is no terminal; say --yes"));
    }
    write!(std::io::stdout(), "{question} [y/N] ")?;
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
