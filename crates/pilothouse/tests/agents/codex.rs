//! Codex at work.

crate::stories::plays! {
    "codex",
    counts: Exactly,
    limited: Some("429"),
    cut: Some("disconnected"),
    fails: [("401", "401"), ("400", "scripted failure"), ("429", "429"), ("cut", "disconnected")],
    killed_in: "ask",
    counts_when_killed: Some(Counts::Exactly),
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn mends_what_a_check_found() {
    stories::mends_what_a_check_found("codex", Counts::Exactly);
}
