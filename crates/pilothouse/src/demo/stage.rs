//! The demo's temporary folder: a repository, a state folder of its own, and how all of it goes away.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use cli::CliError;
use client::Places;
use domain::command::Command;
use protocol::{Code, Reply, Request, Scope};
use provider::ScriptedProvider;
use tempfile::TempDir;

use super::cast::{self, CastPart};
use super::shop;

pub(super) struct DemoStage {
    folder: TempDir,
    pub(super) places: Places,
    pub(super) agent: String,
    pub(super) cast: &'static [CastPart],
    /// The scripted provider, which stands for whoever has the models.
    _provider: Option<ScriptedProvider>,
}

impl DemoStage {
    /// Makes the folder, the repository and the settings, for the built-in agent or for a real one with a scripted
    /// model.
    pub(super) fn set(agent: Option<&str>, headless: bool) -> Result<Self, CliError> {
        let folder = tempfile::Builder::new().prefix("pilothouse-demo-").tempdir()?;
        let home = folder.path().join("state");
        fs::create_dir(&home)?;
        let mut settings = shop::limits();
        let agent = agent.unwrap_or("rehearsal");
        let (cast, provider) = match agent {
            "rehearsal" => {
                // Its runs ask a model, a scripted one, through the gateway.
                let provider = ScriptedProvider::start()?;
                let key = folder.path().join("key");
                fs::write(&key, "a-key-of-the-demo")?;
                // Who watches has time to see it; nobody waits for it otherwise.
                let limited = if headless { 4 } else { 45 };
                settings += &shop::rehearsed(&provider.url(cast::CALLS), &key, limited);
                (cast::REHEARSAL, Some(provider))
            }
            other if ScriptedProvider::AGENTS.contains(&other) => {
                installed(other)?;
                let provider = ScriptedProvider::start()?;
                // What it keeps beside the worktree goes with the demo.
                let own = folder.path().join("agent");
                fs::create_dir(&own)?;
                for part in cast::REAL {
                    provider.play(part.task, part.scenario);
                }
                settings += &provider.client(other, &own, provider::BY_TASK)?.unwrap_or_default();
                (cast::REAL, Some(provider))
            }
            other => {
                let reason = format!(
                    "the demo can't be played with {other:?}; with these it can: {}",
                    ScriptedProvider::AGENTS.join(", ")
                );
                return Err(CliError::new(Code::Usage, reason));
            }
        };
        fs::write(home.join("config.toml"), settings)?;
        let stage = Self { places: Places::below(&home), folder, agent: agent.to_owned(), cast, _provider: provider };
        let failed = |e: worktrees::WorktreeError| CliError::new(Code::Failed, e.to_string());
        worktrees::example(&stage.repo(), &shop::files()).map_err(failed)?;
        Ok(stage)
    }

    /// Returns the agent of a run: the built-in one's model is its scenario; a real one's is what it has, chosen where
    /// it would ask a model for it.
    pub(super) fn agent_for(&self, part: &CastPart) -> String {
        match self.agent.as_str() {
            "rehearsal" => format!("rehearsal:{}", part.scenario),
            "gemini" => "gemini:gemini-2.5-pro".to_owned(),
            other => other.to_owned(),
        }
    }

    pub(super) fn repo(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// Ends every run and the daemon, then removes the folder. What can't be ended is said.
    pub(super) async fn clear(self) -> Result<(), CliError> {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.end_all()).await;
        let home = self.places.home.clone();
        // Sockets lie outside of the folder, where paths are short.
        let _gone = fs::remove_dir_all(&self.places.runtime);
        let path = self.folder.path().to_owned();
        let removed = self.folder.close();
        let left =
            |why: String| CliError::new(Code::Failed, format!("the demo left something in {}: {why}", path.display()));
        match ended {
            Ok(ended) => ended?,
            Err(_) => return Err(left(format!("the daemon of {} did not end", home.display()))),
        }
        removed.map_err(|e| left(e.to_string()))
    }

    async fn end_all(&self) -> Result<(), CliError> {
        let mut connection = match client::connect_running(&self.places).await {
            Ok(connection) => connection,
            // It never came to a daemon.
            Err(client::ClientError::NotRunning(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Reply::Rows(mut rows) = connection.ask(Request::Watch(Scope::All)).await? else {
            return Err(client::ClientError::Unexpected.into());
        };
        let runs: Vec<String> = rows.iter().filter(|r| !r.is_settled()).map(|r| r.id.to_string()).collect();
        connection
            .ask(Request::Act {
                runs,
                scope: Scope::All,
                command: Command::Terminate { grace_ms: 500 },
                by_hand_too: false,
            })
            .await?;
        while rows.iter().any(|row| !row.is_settled()) {
            match connection.next().await {
                Some(protocol::FromDaemon::Rows { rows: changed }) => {
                    for new in changed {
                        rows.retain(|row| row.id != new.id);
                        rows.push(new);
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
        client::stop(&self.places, connection).await?;
        Ok(())
    }
}

/// Whether this agent's program is there to be started.
fn installed(agent: &str) -> Result<(), CliError> {
    let Some(agents::Program::InPath { name, install }) = agents::find(agent).map(|agent| agent.program) else {
        return Ok(());
    };
    let missing =
        || CliError::new(Code::Failed, format!("there is no program {name} in the PATH; get it with `{install}`"));
    supervisor::in_path(name, None).map(drop).ok_or_else(missing)
}
