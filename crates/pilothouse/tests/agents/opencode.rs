//! OpenCode at work, through the Agent Client Protocol.

crate::stories::plays! {
    "opencode",
    counts: Never,
    limited: None,
    cut: None,
    fails: [("401", "scripted failure"), ("400", "scripted failure"), ("429", "scripted failure")],
    killed_in: "commit",
    counts_when_killed: None,
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn mends_what_a_check_found() {
    stories::mends_what_a_check_found("opencode", Counts::Never);
}
