//! `checks.xml`: the checks of a run as a JUnit report, one test case each, in the form that CI systems read.

use std::fmt::Write as _;

use domain::check::Verdict;
use domain::text;
use quick_xml::escape::escape;

use crate::history::History;

/// Seconds with milliseconds, as JUnit has them.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

pub(crate) fn write(told: &History) -> String {
    let specs = &told.spec().checks;
    let last = |name: &str| told.state.checks.get(name).and_then(|check| check.last.as_ref());
    let done: Vec<_> = specs.iter().map(|spec| (spec, last(&spec.name))).collect();
    let count =
        |verdict: Verdict| done.iter().filter(|(_, d)| d.as_ref().is_some_and(|(d, _)| d.verdict == verdict)).count();
    let skipped = count(Verdict::Skipped) + done.iter().filter(|(_, d)| d.is_none()).count();
    let total: u64 = done.iter().filter_map(|(_, d)| Some(d.as_ref()?.0.duration_ms)).sum();
    let sums = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{skipped}\" time=\"{}\"",
        done.len(),
        count(Verdict::Fail),
        count(Verdict::Error),
        seconds(total)
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut put = |line: std::fmt::Arguments<'_>| writeln!(xml, "{line}").expect("writing to a string can't fail");
    put(format_args!("<testsuites name=\"pilothouse\" {sums}>"));
    put(format_args!("  <testsuite name=\"{}\" {sums}>", safe(&told.spec().name)));
    put(format_args!("    <properties>"));
    for (name, value) in [("head", &told.work.head), ("tree", &told.work.tree)] {
        put(format_args!("      <property name=\"{name}\" value=\"{}\"/>", safe(value)));
    }
    put(format_args!("    </properties>"));
    for (spec, last) in done {
        let name = safe(&spec.name);
        let Some((last, at)) = last else {
            put(format_args!("    <testcase classname=\"check\" name=\"{name}\" time=\"0.000\">"));
            put(format_args!("      <skipped message=\"was not run\"/>\n    </testcase>"));
            continue;
        };
        let time = seconds(last.duration_ms);
        put(format_args!("    <testcase classname=\"check\" name=\"{name}\" time=\"{time}\" timestamp=\"{at}\">"));
        put(format_args!("      <properties>"));
        let tests = last.counts.map(|counts| counts.tests.to_string());
        let said = [
            ("command", Some(spec.run.clone())),
            ("required", Some(spec.required.to_string())),
            ("head", Some(last.head.clone())),
            ("tree", Some(last.tree.clone())),
            ("output.sha256", last.output.clone()),
            ("tests", tests),
        ];
        for (name, value) in said.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            put(format_args!("        <property name=\"{name}\" value=\"{}\"/>", safe(value)));
        }
        put(format_args!("      </properties>"));
        let (reason, tail) = (safe(&last.reason), escape(legal(&text::block(&last.tail))).into_owned());
        match last.verdict {
            Verdict::Pass => {}
            Verdict::Fail => put(format_args!("      <failure message=\"{reason}\">{tail}</failure>")),
            Verdict::Error => put(format_args!("      <error message=\"{reason}\">{tail}</error>")),
            Verdict::Skipped => put(format_args!("      <skipped message=\"{reason}\"/>")),
        }
        put(format_args!("    </testcase>"));
    }
    put(format_args!("  </testsuite>\n</testsuites>"));
    xml
}

/// The value as one escaped line, without what XML does not allow.
fn safe(value: &str) -> String {
    escape(legal(&text::line(value))).into_owned()
}

/// The value without the two characters that XML 1.0 does not allow and a terminal does not mind.
fn legal(value: &str) -> String {
    value.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
