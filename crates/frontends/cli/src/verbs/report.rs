//! Saying what was done with runs.

use protocol::{Acted, Code};

use crate::error::CliError;
use crate::out::Out;

/// The notice for a run whose base commit defines no checks.
pub(super) const NO_CHECKS: &str = "no checks are defined, so no score is asked for; `pilothouse init` proposes some";

/// Prints what was done with each run; the exit code is that of the first that failed.
pub(super) fn report(out: &mut Out, acted: &[Acted], done: &str) -> Result<Code, CliError> {
    if out.json {
        let objects: Vec<_> = acted
            .iter()
            .map(|a| {
                let ok = a.code == Code::Done;
                serde_json::json!({"run": a.run, "ok": ok, "code": a.code as i32, "reason": a.reason, "note": a.note})
            })
            .collect();
        out.value(&objects)?;
    } else {
        for one in acted {
            let run = domain::text::line(one.name.as_ref().unwrap_or(&one.run));
            match &one.reason {
                None => {
                    out.line(format!("{run}: {done}"))?;
                    if let Some(note) = &one.note {
                        out.line(format!("{run}: {}", domain::text::line(note)))?;
                    }
                }
                Some(reason) => complain(&format!("{run}: {}", domain::text::line(reason))),
            }
        }
    }
    Ok(acted.iter().map(|a| a.code).find(|code| *code != Code::Done).unwrap_or(Code::Done))
}

/// Prints a line on standard error, where no program that reads our output trips over it.
pub(super) fn complain(line: &str) {
    use std::io::Write;
    // Without a standard error there is no one to tell.
    let _told = writeln!(std::io::stderr(), "pilothouse: {line}");
}
