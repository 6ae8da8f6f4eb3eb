//! What happens in the demo besides the agents: a crash, a termination, and without a cockpit the answers.

use std::collections::BTreeMap;

use cli::CliError;
use client::{ClientError, Connection};
use domain::attempt::AttemptKey;
use domain::command::{Answer, Command};
use domain::money::Usd;
use protocol::{Code, FromDaemon, Reply, Request, Row, RunRequest, Scope};

use super::cast::{self, CastPart};
use super::stage::DemoStage;

pub(super) struct Direction<'a> {
    stage: &'a DemoStage,
    connection: Connection,
    rows: BTreeMap<String, Row>,
    crashed: bool,
    asked_to_end: Vec<&'static str>,
}

impl<'a> Direction<'a> {
    /// Starts the daemon and the runs.
    pub(super) async fn begin(stage: &'a DemoStage) -> Result<Self, CliError> {
        let mut connection = client::connect(&stage.places).await?;
        connection.ask(Request::Watch(Scope::All)).await?;
        let mut rows = BTreeMap::new();
        for part in stage.cast {
            let request = RunRequest {
                folder: stage.repo(),
                task: part.task.to_owned(),
                agent: Some(stage.agent_for(part)),
                model: None,
                name: Some(part.name.to_owned()),
                base: None,
                count: 1,
                phases: part.phases.iter().map(|name| (*name).to_owned()).collect(),
                budget_tokens: None,
                budget_usd: part.budget.and_then(Usd::new),
                policy: None,
                caller: std::collections::BTreeMap::new(),
                interactive: false,
            };
            let Reply::Rows(started) = connection.ask(Request::Run(Box::new(request))).await? else {
                return Err(ClientError::Unexpected.into());
            };
            rows.extend(started.into_iter().map(|row| (row.name.clone(), row)));
        }
        Ok(Self { stage, connection, rows, crashed: false, asked_to_end: Vec::new() })
    }

    /// Lets the crash and the termination happen beside an open cockpit; the person does the rest.
    pub(super) async fn while_watched(mut self) -> CliError {
        loop {
            if let Err(error) = self.interfere().await {
                return error;
            }
            if let Err(error) = self.wait().await {
                // The cockpit says itself that the daemon is gone.
                tracing::debug!(%error, "the demo's direction ends");
                return std::future::pending().await;
            }
        }
    }

    /// Answers questions where there is no cockpit, and ends the run that goes on longest last.
    pub(super) async fn unwatched(mut self) -> Result<Vec<Row>, CliError> {
        loop {
            self.interfere().await?;
            let asking = self.rows.values().find_map(|row| Some((row.id.clone(), row.question.clone()?.id)));
            if let Some((run, question)) = asking {
                // Refused when it is being answered already.
                self.connection
                    .ask(Request::Answer {
                        run: run.to_string(),
                        scope: Scope::All,
                        question: Some(question),
                        answer: Answer::Allow,
                    })
                    .await?;
            }
            let at_work: Vec<&str> =
                self.stage.cast.iter().filter(|part| !self.is_over(part)).map(|p| p.name).collect();
            match at_work.as_slice() {
                [] => return Ok(self.stage.cast.iter().filter_map(|part| self.rows.remove(part.name)).collect()),
                [one] if *one == cast::LONGEST => self.end(cast::LONGEST).await?,
                _ => {}
            }
            self.wait().await?;
        }
    }

    async fn interfere(&mut self) -> Result<(), CliError> {
        if self.works(cast::TERMINATED) && self.helpers_run(cast::TERMINATED) {
            self.end(cast::TERMINATED).await?;
        }
        if !self.crashed && self.works(cast::CRASHES) && self.helpers_run(cast::CRASHES) {
            self.crashed = true;
            self.crash()?;
        }
        Ok(())
    }

    /// Whether nothing more happens to a run: it has settled, is delivered where it is ready, and was seen to conflict
    /// where it should.
    fn is_over(&self, part: &CastPart) -> bool {
        let Some(row) = self.rows.get(part.name) else { return false };
        let delivered = row.status != "ready" || row.removed || row.pr.is_some();
        row.is_settled() && delivered && (!part.collides || !row.conflicts.is_empty())
    }

    fn works(&self, name: &str) -> bool {
        self.rows.get(name).is_some_and(|row| row.status == "working" && row.pid.is_some())
    }

    /// Whether the run's helpers run: its agent has called the model once, and starts them before that.
    fn helpers_run(&self, name: &str) -> bool {
        self.rows.get(name).is_some_and(|row| row.calls.is_some_and(|calls| calls > 0))
    }

    async fn end(&mut self, name: &'static str) -> Result<(), CliError> {
        let Some(row) = self.rows.get(name).filter(|_| !self.asked_to_end.contains(&name)) else { return Ok(()) };
        let runs = vec![row.id.to_string()];
        self.asked_to_end.push(name);
        self.connection
            .ask(Request::Act {
                runs,
                scope: Scope::All,
                command: Command::Terminate { grace_ms: 1_000 },
                by_hand_too: false,
            })
            .await?;
        Ok(())
    }

    /// Kills the keeper and the agent of a run, as running out of memory would.
    fn crash(&self) -> Result<(), CliError> {
        let Some(row) = self.rows.get(cast::CRASHES) else { return Ok(()) };
        let failed = |e: &dyn std::fmt::Display| CliError::new(Code::Failed, e.to_string());
        let state = evidence_folder(self.stage, row);
        let key = AttemptKey { phase: "build".to_owned(), attempt: 1 };
        let record =
            supervisor::keeper_record(&state.join("attempts").join(key.to_string())).map_err(|e| failed(&e))?;
        if let Some(record) = record {
            record.keeper.kill();
            record.agent.map(|agent| agent.kill());
        }
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), CliError> {
        match self.connection.next().await {
            Some(FromDaemon::Rows { rows }) => self.rows.extend(rows.into_iter().map(|row| (row.name.clone(), row))),
            Some(_) => {}
            None => return Err(ClientError::Gone.into()),
        }
        Ok(())
    }
}

fn evidence_folder(stage: &DemoStage, row: &Row) -> std::path::PathBuf {
    stage.places.home.join("runs").join(row.id.as_str())
}

/// Whether every run ended as its part says.
pub(super) fn as_expected(stage: &DemoStage, rows: &[Row]) -> Result<Code, CliError> {
    let wrong: Vec<String> = stage
        .cast
        .iter()
        .filter_map(|part| {
            let status = rows.iter().find(|row| row.name == part.name).map_or("missing", |row| row.status.as_str());
            (status != part.end).then(|| format!("{} is {status} and should be {}", part.name, part.end))
        })
        .collect();
    if wrong.is_empty() { Ok(Code::Done) } else { Err(CliError::new(Code::Failed, wrong.join(", "))) }
}
