//! `pilothouse proof verify`: a proof pack computed again, with its repository where that is at hand, without a daemon.

use std::collections::BTreeMap;
use std::path::Path;

use cli::{CliError, VerifyArgs};
use proof::{PackRepository, Verified};
use protocol::Code;
use worktrees::Repository;

struct InRepository(Repository);

impl PackRepository for InRepository {
    fn tree_with(&self, base: &str, patch: &[u8]) -> Result<String, String> {
        self.0.tree_with(base, patch).map_err(|e| e.to_string())
    }

    fn tree_of(&self, id: &str) -> Option<String> {
        self.0.tree_of(id).ok()
    }
}

/// The run's base commit, by the pack's own words.
fn base_commit(files: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let text = std::str::from_utf8(files.get("timeline.jsonl")?).ok()?;
    let first = domain::Event::from_line(text.lines().next()?).ok()?;
    match first.body {
        domain::Body::RunCreated(created) => Some(created.run.base_commit),
        _ => None,
    }
}

/// The head commit, by the pack's own words.
fn head(files: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let statement: serde_json::Value = serde_json::from_slice(files.get("statement.json")?).ok()?;
    let head = statement["subject"].as_array()?.iter().find(|subject| subject["name"] == "head")?;
    head["digest"]["gitCommit"].as_str().map(str::to_owned)
}

/// A repository that has the commit. One that came with the pack is a stranger's and is not asked.
fn repository(folder: &Path, pack: &Path, commit: &str) -> Option<InRepository> {
    let pack = pack.canonicalize().ok()?;
    let found = Repository::find(folder).ok()?;
    let came_with_it = found.main().starts_with(&pack) || found.common_dir().starts_with(&pack);
    Some(found).filter(|repo| !came_with_it && repo.has_commit(commit)).map(InRepository)
}

pub(crate) fn verify(args: &VerifyArgs) -> Result<Code, CliError> {
    let folder = &args.folder;
    let missing = |why: String| CliError::new(Code::NotFound, format!("{}: {why}", folder.display()));
    if !folder.is_dir() {
        return Err(missing("there is no such folder; `pilothouse proof RUN` says where a run's pack lies".to_owned()));
    }
    let files = evidence::read_pack(folder).map_err(|e| CliError::new(Code::Failed, e.to_string()))?;
    if !files.contains_key("statement.json") && !files.contains_key("timeline.jsonl") {
        return Err(missing("it is no proof pack: it has neither statement.json nor timeline.jsonl".to_owned()));
    }
    // The repository is one that the person names or stands in, never one that the pack names.
    let git = base_commit(&files).and_then(|commit| {
        let here = args.repo.clone().or_else(|| std::env::current_dir().ok())?;
        repository(&here, folder, &commit)
    });
    let verified = proof::verify(&files, env!("CARGO_PKG_VERSION"), git.as_ref().map(|git| git as &dyn PackRepository));
    let head = git.as_ref().zip(head(&files)).is_some_and(|(git, head)| git.0.has_commit(&head));
    say(args, files.len(), head, &verified)?;
    Ok(if verified.findings.is_empty() { Code::Done } else { Code::Failed })
}

fn say(args: &VerifyArgs, files: usize, head: bool, verified: &Verified) -> Result<(), CliError> {
    let mut out = cli::Out::stdout(args.json);
    let Verified { findings, by_hash_alone } = verified;
    if out.json {
        let found: Vec<_> =
            findings.iter().map(|found| serde_json::json!({"file": found.file, "says": found.says})).collect();
        let value = serde_json::json!({
            "holds": findings.is_empty(), "files": files, "findings": found, "by_hash_alone": by_hash_alone,
        });
        return out.value(&value).map_err(CliError::from);
    }
    if findings.is_empty() {
        out.line(format!(
            "all of it holds: {files} files, the chain of events, the patches, the checks and the score"
        ))?;
        let head = (!head).then(|| "the head commit".to_owned());
        let patches = by_hash_alone.iter().map(|name| format!("{} beyond its hash", domain::text::line(name)));
        let left: Vec<String> = head.into_iter().chain(patches).collect();
        if !left.is_empty() {
            out.line(format!("not looked at, since the repository does not have it any more: {}", left.join(", ")))?;
        }
        return Ok(());
    }
    for found in findings {
        out.line(format!("{}: {}", domain::text::line(&found.file), domain::text::line(&found.says)))?;
    }
    Ok(())
}
