//! Claude Code at work, through its adapter for the Agent Client Protocol.

crate::stories::plays! {
    "claude-agent-acp",
    counts: Exactly,
    limited: None,
    cut: None,
    fails: [("401", "scripted failure"), ("400", "scripted failure"), ("429", "scripted failure")],
    killed_in: "commit",
    counts_when_killed: None,
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn mends_what_a_check_found() {
    stories::mends_what_a_check_found("claude-agent-acp", Counts::Exactly);
}
