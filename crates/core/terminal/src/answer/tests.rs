//! What is answered to each question that programs are known to ask.

use proptest::prelude::*;

use super::*;

const DARK: Looks = Looks { light: false, true_colour: true };

/// All that is answered to a program that writes this.
fn answers(written: &[&[u8]], looks: Looks) -> String {
    let mut emulator = Emulator::new(80, 24, 0, 4096);
    let mut said = String::new();
    for piece in written {
        emulator.process(piece, |emulator, piece| said.extend(answer(emulator, piece, looks)));
    }
    said
}

#[test]
fn each_question_has_its_answer() {
    for (asked, answered) in [
        ("\u{1b}[c", "\u{1b}[?62;22c"),
        ("\u{1b}[0c", "\u{1b}[?62;22c"),
        ("\u{1b}Z", "\u{1b}[?62;22c"),
        ("\u{1b}[>c", "\u{1b}[>1;1000;0c"),
        ("\u{1b}[>0c", "\u{1b}[>1;1000;0c"),
        ("\u{1b}[5n", "\u{1b}[0n"),
        ("\u{1b}[6n", "\u{1b}[1;1R"),
        ("\u{1b}[7;9Hx\u{1b}[6n", "\u{1b}[7;10R"),
        ("\u{1b}[24;80Hx\u{1b}[6n", "\u{1b}[24;80R"),
        ("\u{1b}[999;999H\u{1b}[?6n", "\u{1b}[?24;80;1R"),
        ("\u{1b}[>q", concat!("\u{1b}P>|pilothouse ", env!("CARGO_PKG_VERSION"), "\u{1b}\\")),
        ("\u{1b}[?u", "\u{1b}[?0u"),
        ("\u{1b}[>31u\u{1b}[?u", "\u{1b}[?9u"),
        ("\u{1b}[>1u\u{1b}[<u\u{1b}[?u", "\u{1b}[?0u"),
        ("\u{1b}[>1u\u{1b}[?1049h\u{1b}[?u\u{1b}[?1049l\u{1b}[?u", "\u{1b}[?0u\u{1b}[?1u"),
        ("\u{1b}[=1u\u{1b}[=8;2u\u{1b}[?u", "\u{1b}[?9u"),
        ("\u{1b}[?2026$p", "\u{1b}[?2026;0$y"),
        ("\u{1b}[?2004h\u{1b}[?2004$p", "\u{1b}[?2004;1$y"),
        ("\u{1b}[?25$p\u{1b}[?25l\u{1b}[?25$p", "\u{1b}[?25;1$y\u{1b}[?25;2$y"),
        ("\u{1b}[?1004;2004h\u{1b}[?1004$p", "\u{1b}[?1004;1$y"),
        ("\u{1b}[4$p", "\u{1b}[4;0$y"),
        ("\u{1b}[14t\u{1b}[16t\u{1b}[18t", "\u{1b}[4;0;0t\u{1b}[6;0;0t\u{1b}[8;24;80t"),
        ("\u{1b}[?996n", "\u{1b}[?997;1n"),
        ("\u{1b}]11;?\u{7}", "\u{1b}]11;rgb:0000/0000/0000\u{7}"),
        ("\u{1b}]10;?;?\u{1b}\\", "\u{1b}]10;rgb:ffff/ffff/ffff\u{1b}\\\u{1b}]11;rgb:0000/0000/0000\u{1b}\\"),
        ("\u{1b}]12;?\u{1b}\\", "\u{1b}]12;rgb:ffff/ffff/ffff\u{1b}\\"),
        ("\u{1b}[48;2;1;2;3m\u{1b}P$qm\u{1b}\\", "\u{1b}P1$r0;48:2::1:2:3m\u{1b}\\"),
        ("\u{1b}[1;31;105m\u{1b}P$qm\u{1b}\\", "\u{1b}P1$r0;1;31;105m\u{1b}\\"),
        ("\u{1b}[4 q\u{1b}P$q q\u{1b}\\", "\u{1b}P1$r4 q\u{1b}\\"),
        ("\u{1b}P$qr\u{1b}\\", "\u{1b}P0$r\u{1b}\\"),
        ("\u{1b}P+q524742;4d73\u{1b}\\", "\u{1b}P1+r524742=382f382f38\u{1b}\\\u{1b}P0+r\u{1b}\\"),
        ("\u{1b}P+q544E\u{1b}\\", "\u{1b}P1+r544e=787465726d2d323536636f6c6f72\u{1b}\\"),
    ] {
        assert_eq!(answers(&[asked.as_bytes()], DARK), answered, "{asked:?}");
        let bytes: Vec<_> = asked.as_bytes().chunks(1).collect();
        assert_eq!(answers(&bytes, DARK), answered, "{asked:?} byte by byte");
    }
}

#[test]
fn a_light_ground_is_told_as_one() {
    let light = Looks { light: true, true_colour: false };
    assert_eq!(answers(&[b"\x1b]11;?\x07"], light), "\u{1b}]11;rgb:ffff/ffff/ffff\u{7}");
    assert_eq!(answers(&[b"\x1b]10;?\x07"], light), "\u{1b}]10;rgb:0000/0000/0000\u{7}");
    assert_eq!(answers(&[b"\x1b[?996n"], light), "\u{1b}[?997;2n");
    assert_eq!(answers(&[b"\x1bP+q524742\x1b\\"], light), "\u{1b}P0+r\u{1b}\\");
}

#[test]
fn what_is_nobodys_affair_has_no_answer() {
    // The clipboard, the window's title, keys, a change of colours, pictures.
    for asked in [
        "\u{1b}]52;c;?\u{7}",
        "\u{1b}[21t",
        "\u{1b}[20t",
        "\u{1b}]11;#ffffff\u{7}",
        "\u{5}",
        "\u{1b}_Gi=1,a=q;\u{1b}\\",
    ] {
        assert_eq!(answers(&[asked.as_bytes()], DARK), "", "{asked:?}");
    }
}

proptest! {
    #[test]
    fn an_answer_repeats_nothing_written(written in "(\u{1b}[\\[\\]P_Z]|[ -~]|\u{1b}\\\\|\u{7}){0,40}SECRET\u{1b}\\\\") {
        prop_assert!(!answers(&[written.as_bytes()], DARK).contains("SECRET"));
    }

    #[test]
    fn any_bytes_can_be_heard(written in proptest::collection::vec(any::<u8>(), 0..400)) {
        answers(&[&written], DARK);
    }
}
