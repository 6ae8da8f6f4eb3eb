//! The cockpit's end of the connection: effects become requests, frames become actions.

use std::collections::HashMap;

use client::{ClientError, Connection, Incoming, Outgoing, Places};
use domain::RunId;
use protocol::{Acted, Code, FromDaemon, OutputFile, Reply, Request, Scope};

use crate::effect::Effect;
use crate::update::Action;

/// Events of a run that are loaded for its timeline.
const LAST_EVENTS: u64 = 1_000;
/// Bytes of output asked for at once.
const PIECE: u64 = 128 << 10;

pub(super) struct Wire {
    outgoing: Outgoing,
    incoming: Incoming,
    scope: Scope,
    asked: HashMap<u64, Asked>,
}

enum Asked {
    Look(RunId),
    Output(RunId),
    Run,
    Act,
    Nothing,
}

impl Wire {
    /// Connects and watches the scope; gives all its rows as the first action.
    pub(super) async fn open(places: &Places, scope: &Scope) -> Result<(Self, Action), ClientError> {
        let mut connection: Connection = client::connect(places).await?;
        let Reply::Rows(rows) = connection.ask(Request::Watch(scope.clone())).await? else {
            return Err(ClientError::Unexpected);
        };
        let (outgoing, incoming) = connection.split();
        Ok((Self { outgoing, incoming, scope: scope.clone(), asked: HashMap::new() }, Action::AllRows(rows)))
    }

    /// Sends what the cockpit wants. A daemon that is gone shows as the end of its frames.
    pub(super) async fn perform(&mut self, effect: Effect) {
        let (request, asked) = match effect {
            Effect::Look(run) => {
                let asked = run.clone().map_or(Asked::Nothing, Asked::Look);
                (Request::Look { run, last: LAST_EVENTS }, asked)
            }
            Effect::Output { run, from } => {
                let from = from.unwrap_or(u64::MAX);
                let request =
                    Request::Output { run: run.clone(), attempt: None, file: OutputFile::Stdout, from, len: PIECE };
                (request, Asked::Output(run))
            }
            Effect::Run(request) => (Request::Run(request), Asked::Run),
            Effect::Act { run, command } => {
                let scope = self.scope.clone();
                (Request::Act { runs: vec![run.to_string()], scope, command }, Asked::Act)
            }
            Effect::Answer { run, question, answer } => {
                let scope = self.scope.clone();
                (Request::Answer { run: run.to_string(), scope, question: Some(question), answer }, Asked::Act)
            }
            Effect::Leave => return,
        };
        if let Ok(id) = self.outgoing.ask(request).await {
            self.asked.insert(id, asked);
        }
    }

    /// The next frame as actions; `None` when the daemon is gone.
    pub(super) async fn next(&mut self) -> Option<Vec<Action>> {
        Some(match self.incoming.next().await? {
            FromDaemon::Rows { rows } => vec![Action::Rows(rows)],
            FromDaemon::Events { run, lines } => vec![Action::Events { run, lines }],
            FromDaemon::Degraded { reason } => vec![Action::Degraded(reason)],
            FromDaemon::Hello { .. } => Vec::new(),
            FromDaemon::Reply { id, reply } => self.replied(id, reply),
        })
    }

    fn replied(&mut self, id: u64, reply: Reply) -> Vec<Action> {
        let Some(asked) = self.asked.remove(&id) else { return Vec::new() };
        match (asked, reply) {
            (Asked::Look(run), Reply::Lines(lines)) => vec![Action::Events { run, lines }],
            (Asked::Output(run), Reply::Output(output)) => vec![Action::Output { run, output }],
            // No output yet is nothing to say; it is asked for again when the run changes.
            (Asked::Output(run), Reply::Refused(refused)) if refused.code == Code::NotFound => {
                let output = protocol::Output { text: String::new(), next: 0, len: 0, over: false };
                vec![Action::Output { run, output }]
            }
            (Asked::Run, Reply::Rows(rows)) => {
                let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
                vec![Action::Notice(format!("started {}", names.join(", "))), Action::Rows(rows)]
            }
            (Asked::Act, Reply::Acted(acted)) => acted.iter().filter_map(complaint).collect(),
            (_, Reply::Refused(refused)) => vec![Action::Notice(refused.reason)],
            _ => Vec::new(),
        }
    }
}

fn complaint(acted: &Acted) -> Option<Action> {
    let reason = acted.reason.as_ref()?;
    Some(Action::Notice(format!("{}: {reason}", acted.name.as_ref().unwrap_or(&acted.run))))
}
