//! Telling a person who looks elsewhere: the bell, and the notifications that terminals know, through tmux too.

use domain::text;

/// A way of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyWay {
    Bell,
    /// `OSC 9 ; text` (iTerm2, WezTerm, Windows Terminal, Ghostty, kitty).
    Osc9,
    /// `OSC 777 ; notify ; title ; body` (urxvt, foot, Ghostty, WezTerm).
    Osc777,
}

impl NotifyWay {
    /// The way that the settings call by this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bell" => Self::Bell,
            "osc9" => Self::Osc9,
            "osc777" => Self::Osc777,
            _ => return None,
        })
    }
}

/// The bytes that tell it. Nothing of the text steers the terminal.
pub(crate) fn bytes(ways: &[NotifyWay], title: &str, body: &str, tmux: bool) -> String {
    // A semicolon would end the title.
    let clean = |text: &str| text::line(text).chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    let (title, body) = (clean(title).replace(';', ","), clean(body));
    let mut out = String::new();
    for way in ways {
        match way {
            NotifyWay::Bell => out.push('\u{7}'),
            NotifyWay::Osc9 => out.push_str(&through(&format!("\u{1b}]9;{title}: {body}\u{7}"), tmux)),
            NotifyWay::Osc777 => out.push_str(&through(&format!("\u{1b}]777;notify;{title};{body}\u{7}"), tmux)),
        }
    }
    out
}

/// A sequence for the terminal that tmux runs in (tmux(1), allow-passthrough): each escape in it is doubled.
pub(crate) fn through(sequence: &str, tmux: bool) -> String {
    if tmux {
        format!("\u{1b}Ptmux;{}\u{1b}\\", sequence.replace('\u{1b}', "\u{1b}\u{1b}"))
    } else {
        sequence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_sends_no_sequence() {
        let evil = "fix;\u{1b}]52;c;aGk=\u{7}\nlogin";
        let said = bytes(&[NotifyWay::Bell, NotifyWay::Osc777], evil, "asks: may I?", false);
        assert_eq!(said.matches('\u{1b}').count(), 1, "{said:?}");
        assert!(said.starts_with("\u{7}\u{1b}]777;notify;fix,") && said.ends_with(";asks: may I?\u{7}"), "{said:?}");
        let wrapped = bytes(&[NotifyWay::Osc9], "a", "b", true);
        assert_eq!(wrapped, "\u{1b}Ptmux;\u{1b}\u{1b}]9;a: b\u{7}\u{1b}\\");
    }
}
