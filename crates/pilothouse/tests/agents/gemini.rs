//! Gemini CLI at work, through the Agent Client Protocol.

crate::stories::plays! {
    "gemini",
    counts: Exactly,
    limited: None,
    cut: None,
    fails: [("401", "scripted failure"), ("400", "scripted failure"), ("429", "scripted failure")],
    killed_in: "commit",
    counts_when_killed: Some(Counts::Exactly),
}
