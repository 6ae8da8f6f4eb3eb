//! SARIF 2.1.0: what static analysis found. Each run of a tool is one test, which an error fails.

use serde::Deserialize;

use super::Report;

#[derive(Deserialize)]
struct Log {
    runs: Option<Vec<Run>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Run {
    results: Option<Vec<SarifResult>>,
    invocations: Vec<Invocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    /// `warning` where it is left out.
    level: Option<String>,
    locations: Vec<Location>,
    suppressions: Vec<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifact {
    uri: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Region {
    start_line: Option<u64>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Report, String> {
    let log: Log = serde_json::from_slice(bytes).map_err(|error| format!("it is not SARIF: {error}"))?;
    let runs = log.runs.ok_or("it is JSON with no runs, so it is not SARIF")?;
    let mut report = Report::default();
    for run in &runs {
        if run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false)) {
            return Err("the tool says that it did not come to its end".to_owned());
        }
        let errors = run
            .results
            .iter()
            .flatten()
            .filter(|found| found.level.as_deref() == Some("error") && found.suppressions.is_empty());
        let errors: Vec<String> = errors.map(SarifResult::says).collect();
        report.counts.tests += 1;
        report.counts.failed += u64::from(!errors.is_empty());
        for error in &errors {
            report.name_failed(error);
        }
    }
    Ok(report)
}

impl SarifResult {
    /// `RULE FILE:LINE`.
    fn says(&self) -> String {
        let place = self.locations.first().map(|location| &location.physical_location);
        let uri = place.map_or("", |place| place.artifact_location.uri.as_str());
        let line = place.and_then(|place| place.region.start_line).map(|line| format!(":{line}")).unwrap_or_default();
        format!("{} {uri}{line}", self.rule_id)
    }
}

#[cfg(test)]
mod tests {
    use domain::check::Counts;

    use crate::report::read;

    #[test]
    fn only_errors_fail_a_tools_run() {
        let place = r#"[{"physicalLocation":{"artifactLocation":{"uri":"src/a.rs"},"region":{"startLine":7}}}]"#;
        let sarif = format!(
            r#"{{"version":"2.1.0","runs":[
                {{"tool":{{}},"results":[{{"ruleId":"E1","level":"error","locations":{place}}},{{"ruleId":"W"}}]}},
                {{"results":[{{"ruleId":"E2","level":"error","suppressions":[{{"kind":"inSource"}}]}}]}},
                {{"invocations":[{{"executionSuccessful":true}}]}}]}}"#
        );
        let report = read(sarif.as_bytes()).expect("a report");
        assert_eq!(report.counts, Counts { tests: 3, failed: 1, skipped: 0 });
        assert_eq!(report.failed, ["E1 src/a.rs:7"]);
        let cut = br#"{"runs":[{"invocations":[{"executionSuccessful":false}]}]}"#;
        assert!(read(cut).is_err_and(|error| error.contains("did not come to its end")));
    }
}
