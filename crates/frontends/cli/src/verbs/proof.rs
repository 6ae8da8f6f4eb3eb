//! `pilothouse proof`: what a reviewer can check of a run, in a folder.

use std::fs;
use std::path::Path;

use client::Places;
use domain::command::Command;
use protocol::Code;

use super::act::act;
use super::find::find_run;
use super::report::report;
use crate::args::ProofArgs;
use crate::error::CliError;
use crate::out::Out;

pub(super) async fn proof(args: ProofArgs, places: &Places) -> Result<Code, CliError> {
    let asked = args.run.as_deref().unwrap_or_default();
    let mut connection = client::connect(places).await?;
    let row = find_run(&mut connection, asked).await?;
    let mut out = Out::stdout(args.json);
    let acted = act(&mut connection, vec![row.id.to_string()], Command::Proof).await?;
    if acted.iter().any(|one| one.code != Code::Done) {
        return report(&mut out, &acted, "");
    }
    let row = find_run(&mut connection, row.id.as_str()).await?;
    let Some(proof) = row.proof else {
        return Err(CliError::new(
            Code::Failed,
            format!("{}: no pack was written; `pilothouse timeline` says why", row.name),
        ));
    };
    let path = places.home.join("runs").join(row.id.as_str()).join("proof").join(proof.k.to_string());
    let shown = match &args.out {
        Some(to) => {
            copy(&path, to)?;
            to.clone()
        }
        None => path,
    };
    if out.json {
        out.value(&serde_json::json!({
            "run": row.id, "k": proof.k, "seq": proof.seq, "score": proof.score, "path": shown,
            "statement_sha256": proof.statement,
        }))?;
        return Ok(Code::Done);
    }
    out.line(format!("{}: score {:.2}, events 1 to {}", domain::text::line(&row.name), proof.score, proof.seq))?;
    out.line(format!("{}", shown.join("proof.html").display()))?;
    out.line(format!("pilothouse proof verify {}", shown.display()))?;
    Ok(Code::Done)
}

/// Copies a pack to where nothing is yet.
fn copy(from: &Path, to: &Path) -> Result<(), CliError> {
    let taken = fs::read_dir(to).map_or(to.exists(), |mut entries| entries.next().is_some());
    if taken {
        let reason = format!("{}: something is there already; name a folder that is not there yet", to.display());
        return Err(CliError::new(Code::Refused, reason));
    }
    let failed = |e: std::io::Error| CliError::new(Code::Failed, format!("{}: {e}", to.display()));
    copy_folder(from, to).map_err(failed)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
