//! What an agent in a terminal is told of it: what kind it is, which is the keeper's and no one's who looks at it, and how it
//! looks, which is the person's.

use std::collections::BTreeMap;

use supervisor::TerminalSpec;

/// Variables by which a program knows the terminal of whoever started the daemon.
const OF_OTHERS: &[&str] = &[
    "ALACRITTY_WINDOW_ID",
    "COLUMNS",
    "ITERM_SESSION_ID",
    "KITTY_PID",
    "KITTY_PUBLIC_KEY",
    "KITTY_WINDOW_ID",
    "LINES",
    "STY",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WINDOWID",
    "WT_SESSION",
    "ZELLIJ",
    "ZELLIJ_PANE_ID",
    "ZELLIJ_SESSION_NAME",
];

/// Returns the terminal of somebody with this environment, whose cockpit has this theme.
pub(super) fn terminal(caller: &BTreeMap<String, String>, theme: &str) -> TerminalSpec {
    let ground = caller.get("COLORFGBG").and_then(|colours| colours.rsplit(';').next());
    let light = match ground {
        // White, and light grey as terminals with a light ground call it.
        Some(ground) => matches!(ground, "7" | "15"),
        None => theme == "light",
    };
    let true_colour = caller.get("COLORTERM").is_some_and(|kind| matches!(kind.as_str(), "truecolor" | "24bit"));
    TerminalSpec { light, true_colour, ..TerminalSpec::default() }
}

/// Returns the variables that are set for an agent in a terminal.
pub(super) fn variables() -> impl Iterator<Item = (String, String)> {
    let own =
        [("TERM", terminal::TERM), ("TERM_PROGRAM", "pilothouse"), ("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION"))];
    own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// Returns the variables that an agent in a terminal does not inherit: they are about somebody else's terminal.
pub(super) fn unset() -> impl Iterator<Item = String> {
    OF_OTHERS.iter().map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_looks_as_its_persons_does() {
        let caller = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let looks = |pairs: &[(&str, &str)], theme| {
            let terminal = terminal(&caller(pairs), theme);
            (terminal.light, terminal.true_colour)
        };
        assert_eq!(looks(&[], "dark"), (false, false));
        assert_eq!(looks(&[], "light"), (true, false));
        assert_eq!(looks(&[("COLORFGBG", "0;default;15")], "dark"), (true, false));
        assert_eq!(looks(&[("COLORFGBG", "15;0"), ("COLORTERM", "truecolor")], "light"), (false, true));
    }
}
