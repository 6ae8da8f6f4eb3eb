//! `pilothouse version`: which one this is, and which one serves the state folder.

use client::Places;
use domain::{figures, text};
use protocol::{CONTRACT, Code, DaemonRecord};

use crate::error::CliError;
use crate::out::Out;
use crate::version::{VERSION, commit};

pub(super) fn version(json: bool, places: &Places) -> Result<Code, CliError> {
    let mut out = Out::stdout(json);
    let record = std::fs::read(places.record()).ok();
    let record = record.and_then(|bytes| serde_json::from_slice::<DaemonRecord>(&bytes).ok());
    let serving = record.filter(|record| std::os::unix::net::UnixStream::connect(&record.socket).is_ok());
    if out.json {
        let daemon = serving.map(|record| record.version);
        let version = env!("CARGO_PKG_VERSION");
        out.value(&serde_json::json!({
            "version": version, "commit": commit(), "contract": CONTRACT, "daemon_version": daemon,
        }))?;
        return Ok(Code::Done);
    }
    out.line(format!("pilothouse {VERSION}"))?;
    out.line(format!("{:<10} {CONTRACT}", "contract"))?;
    let daemon = serving.map_or_else(|| figures::NONE.to_owned(), |record| text::line(&record.version));
    out.line(format!("{:<10} {daemon}", "daemon"))?;
    Ok(Code::Done)
}
