//! Codex at work.

use crate::stories::{self, Counts};

const AGENT: &str = "codex";

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_writes_a_file_commits_and_reports_what_was_billed() {
    stories::writes_and_commits(AGENT, Counts::Exactly);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_asks_and_goes_on_with_the_answer() {
    stories::asks_and_hears_the_answer(AGENT, "touch asked.txt");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_waits_out_a_limit_and_a_stream_that_is_cut() {
    stories::goes_on_after(AGENT, "429once", Some("429"));
    stories::goes_on_after(AGENT, "cutonce", Some("disconnected"));
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_that_gets_no_answer_fails_with_its_own_words() {
    for (scenario, word) in [("401", "401"), ("400", "scripted failure"), ("429", "429"), ("cut", "disconnected")] {
        stories::fails_with_its_own_words(AGENT, scenario, word);
    }
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn nothing_of_codex_is_left_when_it_is_terminated_in_the_middle() {
    stories::nothing_is_left_when_terminated(AGENT, "hang");
    stories::nothing_is_left_when_terminated(AGENT, "long");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_stands_still_while_it_is_paused() {
    stories::stands_still_while_paused(AGENT, Counts::Exactly);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_that_is_killed_goes_on_with_the_same_conversation() {
    let (office, done) = stories::goes_on_in_its_session_when_killed(AGENT, "ask");
    // Also what was billed for the answer whose count the killed one never told.
    stories::counted(&office, &done, Counts::Exactly);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_goes_on_while_the_daemon_is_killed() {
    stories::goes_on_while_the_daemon_is_killed(AGENT, Counts::Exactly);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_is_held_inside_and_works_there() {
    stories::is_held_inside(AGENT);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_edits_nothing_before_it_is_allowed() {
    stories::asks_before_it_edits(AGENT);
}
