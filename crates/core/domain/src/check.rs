//! Checks: commands that pilothouse itself runs on what an agent left, and what each came to.

use serde::{Deserialize, Serialize};

use crate::attempt::{AttemptKey, Exit};
use crate::event::CheckFinished;
use crate::figures;
use crate::text;
use crate::timestamp::Timestamp;

/// Exit codes of a shell that did not find, or could not start, what it was to run.
const NOT_STARTED: [i32; 2] = [126, 127];

/// A check as the settings of the base commit define it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSpec {
    pub name: String,
    /// A shell command, run in the worktree.
    pub run: String,
    /// Milliseconds after which it is ended.
    pub timeout_ms: u64,
    /// Without its pass the phase fails.
    pub required: bool,
    pub weight: u32,
    /// The JUnit or SARIF file that it writes, inside of the worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// The check says nothing of the work: it could not be run, or not on this work alone.
    Error,
    /// The check ran and tested nothing.
    Skipped,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

/// The counts of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub tests: u64,
    /// Failures and errors.
    pub failed: u64,
    pub skipped: u64,
}

/// A check in one run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckState {
    /// How often it was begun.
    pub begun: u32,
    /// The last result, and when it came.
    pub last: Option<(CheckFinished, Timestamp)>,
    /// Whether the check is at work now.
    pub runs: bool,
}

/// Where the `n`th output of a check is kept: `attempts/check.<name>.<n>`. No phase is called so, since none has a dot.
pub fn key(name: &str, n: u32) -> AttemptKey {
    AttemptKey { phase: format!("check.{name}"), attempt: n }
}

/// The facts that are known when a check's command has ended.
#[derive(Debug, Clone, Default)]
pub struct Ended<'a> {
    pub exit: Exit,
    /// A report was asked for: its counts, or why it can't be read.
    pub report: Option<Result<Counts, String>>,
    /// Paths that are not as they were before.
    pub changed: Vec<String>,
    /// The build folder that other worktrees use too.
    pub shared: Option<&'a str>,
}

/// The outcome of a check, and why it does not count as passed. A check that proves nothing counts as not passed.
pub fn judge(spec: &CheckSpec, ended: &Ended<'_>) -> (Verdict, String) {
    let exit = &ended.exit;
    if let Some(error) = &exit.error {
        return (Verdict::Error, format!("it could not be started: {error}"));
    }
    if let Some(folder) = ended.shared {
        let reason = format!("its build folder {folder} is not its own, so it may have tested the code of others");
        return (Verdict::Error, reason);
    }
    if exit.timed_out {
        return (Verdict::Fail, format!("no end within {}", figures::seconds(spec.timeout_ms)));
    }
    if exit.asked {
        return (Verdict::Error, "it was ended before it was done".to_owned());
    }
    let failed = match &ended.report {
        Some(Ok(counts)) if counts.failed > 0 => Some(format!("{} of {} failed", counts.failed, counts.tests)),
        _ => None,
    };
    match (exit.code, failed) {
        (Some(0), None) => proves(spec, ended),
        (Some(0), Some(failed)) => (Verdict::Fail, format!("{failed}, though it ended with exit 0")),
        (Some(code), None) if NOT_STARTED.contains(&code) => {
            (Verdict::Error, format!("a program was not found or can't be run (exit {code})"))
        }
        (_, None) => (Verdict::Fail, exit.describe()),
        (_, Some(failed)) => (Verdict::Fail, failed),
    }
}

/// A command that ended well is a pass where it tested something, on the work as it is.
fn proves(spec: &CheckSpec, ended: &Ended<'_>) -> (Verdict, String) {
    if !ended.changed.is_empty() {
        let names: Vec<_> = ended.changed.iter().take(3).map(String::as_str).collect();
        let more = if ended.changed.len() > names.len() { ", …" } else { "" };
        let reason = format!("it changed what it was to check: {}{more}", names.join(", "));
        return (Verdict::Error, reason);
    }
    match &ended.report {
        None => (Verdict::Pass, String::new()),
        Some(Err(why)) => (Verdict::Error, format!("its report {}: {why}", spec.report.as_deref().unwrap_or_default())),
        Some(Ok(counts)) if counts.tests == 0 => (Verdict::Skipped, "no test was run".to_owned()),
        Some(Ok(counts)) if counts.skipped >= counts.tests => {
            (Verdict::Skipped, format!("every one of its {} tests was skipped", counts.tests))
        }
        Some(Ok(_)) => (Verdict::Pass, String::new()),
    }
}

/// Whether two ends are the same failure: the same tests failed, or, where none are named, the same was said.
pub fn same_failure(one: &CheckFinished, other: &CheckFinished) -> bool {
    if one.name != other.name || one.verdict != other.verdict {
        return false;
    }
    match (one.failed.is_empty(), other.failed.is_empty()) {
        (false, false) => one.failed == other.failed,
        (true, true) => one.exit.code == other.exit.code && said(&one.tail) == said(&other.tail),
        _ => false,
    }
}

/// Output without what differs from one time to the next though nothing else does.
fn said(tail: &str) -> String {
    let plain = text::block(tail);
    plain.split_whitespace().map(|word| if varies(word) { "#" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Whether a word is a span or a time of day, an address, or a number in brackets, as those of threads and processes
/// are. Other numbers may be just what differs.
fn varies(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | ':'));
    if let Some(inside) = bare.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']'])) {
        return is_number(inside) || varies(inside);
    }
    let is_span = ["ns", "us", "µs", "ms", "s", "m"].iter().any(|unit| bare.strip_suffix(unit).is_some_and(is_number));
    let is_time = bare.matches(':').count() == 2 && bare.bytes().all(|b| b.is_ascii_digit() || b":.TZ+-".contains(&b));
    is_span || is_time || bare.contains("0x")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> CheckSpec {
        CheckSpec {
            name: "test".to_owned(),
            run: "cargo test".to_owned(),
            timeout_ms: 600_000,
            required: true,
            weight: 1,
            report: Some("junit.xml".to_owned()),
        }
    }

    fn exit(code: i32) -> Exit {
        Exit { code: Some(code), ..Exit::default() }
    }

    fn judged(ended: Ended<'_>) -> String {
        let (verdict, reason) = judge(&spec(), &ended);
        format!("{}: {reason}", verdict.word())
    }

    #[test]
    fn what_proves_nothing_is_no_pass() {
        let counts = |tests, failed, skipped| Some(Ok(Counts { tests, failed, skipped }));
        let ended = |code, report| Ended { exit: exit(code), report, ..Ended::default() };
        assert_eq!(judged(ended(0, counts(214, 0, 3))), "pass: ");
        assert_eq!(judged(ended(0, None)), "pass: ");
        assert_eq!(judged(ended(101, counts(214, 3, 0))), "fail: 3 of 214 failed");
        assert_eq!(judged(ended(101, None)), "fail: exit 101");
        assert_eq!(judged(ended(0, counts(9, 1, 0))), "fail: 1 of 9 failed, though it ended with exit 0");
        assert_eq!(judged(ended(0, counts(0, 0, 0))), "skipped: no test was run");
        assert_eq!(judged(ended(0, counts(5, 0, 5))), "skipped: every one of its 5 tests was skipped");
        assert_eq!(
            judged(ended(0, Some(Err("it is not there".into())))),
            "error: its report junit.xml: it is not there"
        );
        assert_eq!(judged(ended(127, None)), "error: a program was not found or can't be run (exit 127)");
        let late = Ended { exit: Exit { timed_out: true, ..exit(0) }, ..Ended::default() };
        assert_eq!(judged(late), "fail: no end within 10m00s");
        let shared = Ended { exit: exit(0), shared: Some("/t"), ..Ended::default() };
        assert!(judged(shared).starts_with("error: its build folder /t is not its own"));
        let changed =
            Ended { exit: exit(0), changed: ["a", "b", "c", "d"].map(str::to_owned).into(), ..Ended::default() };
        assert_eq!(judged(changed), "error: it changed what it was to check: a, b, c, …");
        let killed = Ended { exit: Exit { signal: Some(9), ..Exit::default() }, ..Ended::default() };
        assert_eq!(judged(killed), "fail: ended by SIGKILL");
    }

    // By its tests, or else by its words.
    #[test]
    fn a_repeated_failure_is_recognised() {
        let failed = |tail: &str, names: &[&str]| CheckFinished {
            name: "test".to_owned(),
            verdict: Verdict::Fail,
            exit: exit(1),
            tail: tail.to_owned(),
            failed: names.iter().map(|name| (*name).to_owned()).collect(),
            ..CheckFinished::default()
        };
        let (one, other) =
            ("thread 'a' (172) in 0.12s at 0x7f12, 03:12:01", "thread 'a' (9) in 3s at 0x11aa, 04:00:59");
        assert!(same_failure(&failed(one, &[]), &failed(other, &[])));
        assert!(!same_failure(&failed("1 is not 2", &[]), &failed("3 is not 2", &[])));
        assert!(!same_failure(&failed("expected a", &[]), &failed("expected b", &[])));
        assert!(same_failure(&failed("one", &["a"]), &failed("another", &["a"])));
        assert!(!same_failure(&failed("one", &["a"]), &failed("one", &["a", "b"])));
    }
}
