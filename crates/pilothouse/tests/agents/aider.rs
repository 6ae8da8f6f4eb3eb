//! aider at work: plain text, an exit code that is always 0, and a log beside it.

use crate::office::{Office, tokens};
use crate::stories;

const AGENT: &str = "aider";

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn aider_writes_a_file_and_counts_usage() {
    let office = Office::new(AGENT, "ok");
    let row = office.run("hello");
    let done = office.house.wait_for("hello", "ready");
    assert_eq!(office.file(&done, "hello.txt").as_deref(), Some("Hello from a scripted model.\n"));
    let log = office.house.repo.git(&["log", "--format=%s", "pilothouse/hello", "--", "hello.txt"]);
    assert!(!log.contains("what the agent left"), "it commits by itself: {log}");
    // It says how much went in and out, not what of it was cached, and nothing of the request for its commit's message.
    let (said, billed) = (tokens(&done), office.provider.billed(&office.path)[0].tokens);
    assert_eq!((said.input, said.output), (billed.input + billed.cache_read + billed.cache_write, billed.output));
    assert_eq!(office.house.processes(&row), 0);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn unanswered_aider_fails_despite_exit_0() {
    stories::fails_with_its_own_words(AGENT, "401", "AuthenticationError");
    stories::fails_with_its_own_words(AGENT, "400", "BadRequestError");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn nothing_of_a_terminated_aider_is_left() {
    stories::nothing_is_left_when_terminated(AGENT, "hang");
}
