//! The real agents with the gateway between them and the provider.

pub(crate) mod stories;

mod claude {
    super::stories::meters!("claude", killed_in: "ask");
}

mod claude_agent_acp {
    super::stories::meters!("claude-agent-acp", killed_in: "commit");
}

mod codex {
    super::stories::meters!("codex", killed_in: "ask");
}

mod gemini {
    super::stories::meters!("gemini", killed_in: "ask");
}

mod opencode {
    super::stories::meters!("opencode", killed_in: "commit");
}

mod aider {
    use crate::office::Who;
    use crate::stories;

    const WHO: Who = Who { agent: "aider", metered: true };

    #[test]
    #[ignore = "needs the CLIs of `just agents-install`"]
    fn metered_has_each_of_its_requests_counted() {
        let office = crate::office::Office::new(WHO, "ok");
        office.run("hello");
        office.house.wait_for("hello", "ready");
        office.assert_metered("hello");
        assert!(office.provider.asked(&office.path) >= 1);
        stories::nothing_is_left_when_terminated(WHO, "hang");
        stories::fails_with_its_own_words(WHO, "400", "BadRequestError");
    }
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn metered_claude_is_counted_in_a_terminal() {
    stories::is_counted_in_a_terminal("claude");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn metered_codex_is_counted_in_a_terminal() {
    stories::is_counted_in_a_terminal("codex");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn metered_gemini_is_counted_in_a_terminal() {
    stories::is_counted_in_a_terminal("gemini");
}
