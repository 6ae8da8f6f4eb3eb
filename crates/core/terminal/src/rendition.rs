//! Looks of text in a newer notation, said in the one that the emulator knows: kinds of underlines are one, and have the
//! colour of the text.

/// The parameters of a rendition without what the emulator would take for something else; `None`: they are good as they are.
pub(crate) fn known(parameters: &[u8]) -> Option<Vec<u8>> {
    let mut changed = false;
    let mut known: Vec<&[u8]> = Vec::new();
    let mut parts = parameters.split(|byte| *byte == b';');
    while let Some(part) = parts.next() {
        match part {
            b"21" | [b'4', b':', b'1'..=b'9', ..] => {
                changed = true;
                known.push(b"4");
            }
            b"4:0" => {
                changed = true;
                known.push(b"24");
            }
            // The colour of a line below text, which is told in as many numbers as other colours.
            b"58" => {
                changed = true;
                match parts.next() {
                    Some(b"2") => drop(parts.by_ref().take(3).count()),
                    Some(b"5") => drop(parts.next()),
                    _ => {}
                }
            }
            b"59" | [b'5', b'8', b':', ..] => changed = true,
            // So are those that it knows, and their numbers are none of the above.
            b"38" | b"48" => {
                known.push(part);
                let Some(kind) = parts.next() else { continue };
                known.push(kind);
                let more = match kind {
                    b"2" => 3,
                    b"5" => 1,
                    _ => 0,
                };
                known.extend(parts.by_ref().take(more));
            }
            part => known.push(part),
        }
    }
    changed.then(|| known.join(&b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_underline_style_is_plain_underline() {
        for (said, plain) in [
            ("1;4:3;31", Some("1;4;31")),
            ("4:0", Some("24")),
            ("21", Some("4")),
            ("58;2;1;2;3;1", Some("1")),
            ("58;5;9;1", Some("1")),
            ("58:2::1:2:3", Some("")),
            ("59;3", Some("3")),
            ("38;5;58;48;2;21;59;58", None),
            ("38;5;21;4:3", Some("38;5;21;4")),
            ("0", None),
            ("", None),
        ] {
            let known = known(said.as_bytes()).map(|known| String::from_utf8_lossy(&known).into_owned());
            assert_eq!(known.as_deref(), plain, "{said:?}");
        }
    }
}
