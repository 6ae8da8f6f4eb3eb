//! `docs/score.md`: the rule of the score, written from the table that counts.

use std::fmt::Write as _;

use domain::score::{RULE, RULES};

/// The document.
pub fn reference() -> String {
    let mut md = String::from("# The score\n\n");
    let mut put = |line: std::fmt::Arguments<'_>| writeln!(md, "{line}").expect("writing to a string can't fail");
    put(format_args!(
        "Written from the code by `just docs`; this is rule {RULE}. A run's score is worked out from its timeline alone, when its proof pack is\n\
         written, and `pilothouse proof verify` works it out again.\n"
    ));
    put(format_args!("| part | weight | what it asks |\n|---|---|---|"));
    for rule in RULES {
        put(format_args!("| {} | {} | {} |", rule.name, rule.weight, rule.asks));
    }
    put(format_args!(
        "\nThe score is the sum of weight × value / 100 over the parts, rounded down, 0 to 100; rows and `ls --json` have it as a share\n\
         from 0 to 1.\n\n\
         - **What is not known counts nothing** and is shown as `—`: a part without a value is worth 0, not left out.\n\
         - **Leaving a check out can't raise it.** A check that was skipped, that ended in an error, that was not run, or that passed on another\n  \
         tree than the one measured is none that passed; a run without checks has nothing in `checks` and `required`.\n\
         - **Checks are those of the base commit.** What a run changes in `pilothouse.toml` counts for runs after it; that it did so, and that it\n  \
         changed tests, stands in the pack as \"Own exam\" and takes nothing away by itself: look at it.\n\
         - **`outside` is what is proven**, by an agent's own tool events that named a file elsewhere and worked. What a shell command writes is\n  \
         not seen there; `sandboxed` keeps an agent inside.\n\
         - **`review` is of one commit.** When the branch moves on, it counts nothing until a person looks again."
    ));
    md
}
