//! JUnit's XML: a `testcase` each, counted one by one, since the sums that stand in it are often not its own.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Report;

/// Where the reader is.
#[derive(Default)]
struct Case {
    name: String,
    failed: bool,
    skipped: bool,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a report says nothing in the rest of XML")]
pub(super) fn read(bytes: &[u8]) -> Result<Report, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut report = Report::default();
    let mut case: Option<Case> = None;
    let mut known = false;
    loop {
        let event = reader.read_event().map_err(|error| format!("it is not whole XML: {error}"))?;
        match event {
            Event::Start(start) => {
                known |= begins(&start);
                match start.local_name().as_ref() {
                    b"testcase" => case = Some(Case { name: name(&start), ..Case::default() }),
                    other => outcome(&mut case, other),
                }
            }
            Event::Empty(start) => {
                known |= begins(&start);
                match start.local_name().as_ref() {
                    b"testcase" => count(&mut report, Case { name: name(&start), ..Case::default() }),
                    other => outcome(&mut case, other),
                }
            }
            Event::End(end) if end.local_name().as_ref() == b"testcase" => {
                if let Some(case) = case.take() {
                    count(&mut report, case);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if known { Ok(report) } else { Err("it has no testsuite".to_owned()) }
}

fn begins(start: &BytesStart<'_>) -> bool {
    matches!(start.local_name().as_ref(), b"testsuite" | b"testsuites")
}

fn outcome(case: &mut Option<Case>, element: &[u8]) {
    if let Some(case) = case {
        case.failed |= matches!(element, b"failure" | b"error");
        case.skipped |= element == b"skipped";
    }
}

fn count(report: &mut Report, case: Case) {
    report.counts.tests += 1;
    report.counts.failed += u64::from(case.failed);
    report.counts.skipped += u64::from(case.skipped && !case.failed);
    if case.failed {
        report.name_failed(&case.name);
    }
}

/// `CLASS NAME`; the class alone tells two tests of one name apart.
fn name(start: &BytesStart<'_>) -> String {
    let value = |wanted: &str| {
        let attribute = start.try_get_attribute(wanted).ok().flatten()?;
        Some(attribute.unescape_value().ok()?.into_owned())
    };
    let parts = [value("classname"), value("name")];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use domain::check::Counts;

    use crate::report::read;

    #[test]
    fn cases_are_counted_not_sums() {
        let xml = br#"<?xml version="1.0"?><testsuites tests="999"><testsuite name="s" tests="4" failures="0">
            <testcase classname="a::b" name="one"/>
            <testcase classname="a" name="two &lt;x&gt;"><failure message="no">trace</failure></testcase>
            <testcase name="three"><skipped/></testcase>
            <testcase name="four"><error/><system-out><![CDATA[<failure>]]></system-out></testcase>
            <testcase name="flaky"><flakyFailure/></testcase></testsuite></testsuites>"#;
        let report = read(xml).expect("a report");
        assert_eq!(report.counts, Counts { tests: 5, failed: 2, skipped: 1 });
        assert_eq!(report.failed, ["a two <x>", "four"]);
    }

    #[test]
    fn what_is_no_report_is_said() {
        for (text, word) in [
            ("", "empty"),
            ("hello", "neither"),
            ("<html></html>", "no testsuite"),
            ("<testsuite><testcase", "not whole"),
            ("{\"a\":1}", "no runs"),
        ] {
            let error = read(text.as_bytes()).expect_err(text);
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(read(b"<testsuites/>").expect("an empty one").counts, Counts::default());
    }

    #[test]
    fn names_can_steer_no_terminal() {
        let xml = "<testsuite><testcase name=\"a&#27;[2Jb\u{202e}\"><failure/></testcase></testsuite>";
        let failed = read(xml.as_bytes()).map(|report| report.failed.concat()).unwrap_or_default();
        assert!(!failed.contains(['\u{1b}', '\u{202e}']) && failed.contains('b'), "{failed:?}");
    }
}
