//! Requests of clients, and the replies.

use domain::command::{Answer, Command};
use domain::decide::{self, Decision, Refusal};
use domain::run::Question;
use domain::{RunId, RunState};
use protocol::{Acted, CONTRACT, Code, DaemonStatus, Refused, Reply, Request, Row, Scope};

use super::Dispatcher;
use crate::input::{FaceId, Input};
use crate::inspect::Inspect;
use crate::measure;

/// Likeness of two names, from 0 to 1, above which one may be meant by the other.
const ALIKE: f64 = 0.8;

impl Dispatcher {
    /// Takes up a request. The folder that its scope names first has its repository looked up, off this thread.
    pub(super) fn asked(&mut self, face: FaceId, id: u64, request: Request) {
        let scope = match &request {
            Request::Rows(scope)
            | Request::Watch(scope)
            | Request::Row { scope, .. }
            | Request::Act { scope, .. }
            | Request::Diff { scope, .. }
            | Request::Explain { scope, .. }
            | Request::Calls { scope, .. }
            | Request::Spend(scope)
            | Request::Removable { scope, .. }
            | Request::Answer { scope, .. } => scope.clone(),
            Request::Run(run) => {
                self.performer.prepare(face, id, (**run).clone());
                return;
            }
            Request::Events { .. }
            | Request::Look { .. }
            | Request::Output { .. }
            | Request::Choices { .. }
            | Request::Attach { .. }
            | Request::Type { .. }
            | Request::Resize { .. }
            | Request::Detach
            | Request::Worktrees { .. }
            | Request::Trust { .. }
            | Request::Gc { .. }
            | Request::Moved { .. }
            | Request::Kept { .. }
            | Request::Status
            | Request::Stop => Scope::All,
        };
        match scope {
            Scope::All => self.asked_of(face, id, request, None),
            Scope::Here(folder) => {
                let is_person = self.faces.is_person(face);
                self.performer.find_repository(face, id, is_person, request, folder);
            }
        }
    }

    /// Takes up a request whose repository is known; `None` stands for all repositories.
    pub(super) fn asked_of(&mut self, face: FaceId, id: u64, request: Request, repo: Option<&str>) {
        if let Some(request) = self.after_a_look(face, id, request, repo) {
            self.answer_request(face, id, request, repo);
        }
    }

    /// Returns every row of the repository, of runs and of agents that were started by hand.
    fn rows(&self, repo: Option<&str>) -> Vec<Row> {
        let mut rows = self.runs.rows(repo);
        rows.extend(self.external_agents.rows(repo));
        rows
    }

    pub(super) fn answer_request(&mut self, face: FaceId, id: u64, request: Request, repo: Option<&str>) {
        let reply = match request {
            Request::Rows(_) => Reply::Rows(self.rows(repo)),
            Request::Watch(_) => {
                self.faces.watch(face, repo.map(str::to_owned), self.external_agents.rows(repo));
                self.watched();
                self.watch_observed();
                Reply::Rows(self.rows(repo))
            }
            Request::Row { run, .. } => match self.find(&run, repo) {
                Ok(found) => {
                    let row = self.runs.row(&found).cloned().or_else(|| self.external_agents.row(&found));
                    row.map_or(Reply::NotLooking, |row| Reply::Row(Box::new(row)))
                }
                Err(refused) => Reply::Refused(refused),
            },
            Request::Look { run, last } => self.look_into(face, run, last),
            Request::Act { runs, command, by_hand_too, .. } => {
                return self.asked_to_act(face, id, runs, repo, command, by_hand_too);
            }
            Request::Diff { run, since, patch, .. } => match self.find_run(&run, repo) {
                Ok(run) => return self.performer.inspect(face, id, Inspect::Diff { run, since, patch }),
                Err(refused) => Reply::Refused(refused),
            },
            Request::Calls { run, last, .. } => match self.find_run(&run, repo) {
                Ok(run) => return self.performer.inspect(face, id, Inspect::Calls { run, last }),
                Err(refused) => Reply::Refused(refused),
            },
            Request::Spend(_) => Reply::Spend(self.spend(repo)),
            Request::Explain { run, .. } => match self.find(&run, repo) {
                Ok(run) if self.external_agents.contains(&run) => {
                    self.explain_observed(&run).unwrap_or_else(|| Reply::Refused(not_found(run.as_str())))
                }
                Ok(run) => return self.performer.inspect(face, id, Inspect::Explain { run }),
                Err(refused) => Reply::Refused(refused),
            },
            Request::Removable { runs, .. } => {
                let found = runs.iter().map(|run| self.find_run(run, repo)).collect::<Result<Vec<_>, _>>();
                match found {
                    Ok(runs) => return self.performer.inspect(face, id, Inspect::Removable { runs }),
                    Err(refused) => Reply::Refused(refused),
                }
            }
            Request::Moved { folder } => return self.performer.inspect(face, id, Inspect::Moved { folder }),
            Request::Kept { folder } => return self.performer.inspect(face, id, Inspect::Kept { folder }),
            Request::Gc { folder } => return self.performer.inspect(face, id, Inspect::Gc { folder }),
            Request::Answer { run, question: None, answer, .. } if self.is_over(&run, repo) => {
                match in_words(&answer) {
                    Some(text) => {
                        return self.asked_to_act(face, id, vec![run], repo, Command::Reply { text }, false);
                    }
                    None => Reply::Acted(vec![self.answer(&run, repo, None, &answer)]),
                }
            }
            Request::Answer { run, question, answer, .. } => {
                Reply::Acted(vec![self.answer(&run, repo, question.as_deref(), &answer)])
            }
            Request::Status => Reply::Status(self.status()),
            Request::Stop => {
                self.turn.stopping = true;
                Reply::Stopping
            }
            Request::Run(_)
            | Request::Choices { .. }
            | Request::Events { .. }
            | Request::Output { .. }
            | Request::Worktrees { .. }
            | Request::Trust { .. }
            | Request::Attach { .. }
            | Request::Type { .. }
            | Request::Resize { .. }
            | Request::Detach => {
                return; // Served without the dispatcher, in `serve` and `create`.
            }
        };
        self.faces.reply(face, id, reply);
    }

    fn look_into(&mut self, face: FaceId, run: Option<RunId>, last: u64) -> Reply {
        self.faces.look(face, run.clone());
        let Some(run) = run else { return Reply::NotLooking };
        if !self.runs.contains(&run) {
            return Reply::Refused(not_found(run.as_str()));
        }
        let count = usize::try_from(last).unwrap_or(usize::MAX);
        match evidence::tail(self.state.run(&run).path(), count) {
            Ok(lines) => Reply::Lines(lines),
            Err(error) => Reply::Refused(Refused { code: Code::Failed, reason: error.to_string() }),
        }
    }

    fn answer(&mut self, asked: &str, repo: Option<&str>, question: Option<&str>, answer: &Answer) -> Acted {
        let found = self.find_run(asked, repo);
        self.decide_for(asked, found, |state| {
            let open = state.question.as_ref().map(|q| q.id.clone()).unwrap_or_default();
            answered(state, question.unwrap_or(&open), answer, None)
        })
    }

    /// Whether a run is over, so that only its last words can be answered.
    fn is_over(&self, asked: &str, repo: Option<&str>) -> bool {
        let row = self.find_run(asked, repo).ok().and_then(|run| self.runs.row(&run));
        row.is_some_and(|row| row.is_settled() && row.question.is_none())
    }

    /// Answers an agent's question for permission where the run's policy allows everything, or a person has allowed
    /// that tool for the rest of the run.
    pub(super) fn answer_by_itself(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_ref(run) else { return };
        // One answer by itself: where that did not arrive, a person decides. Nothing hears an answer whose input is closed.
        let hears = open.state.attempt().is_some_and(|known| !known.input_closed) && !open.state.keeper_gone;
        // A question is no leave, and no policy answers it.
        let unanswered = |question: &&Question| hears && !question.answered && question.kind.is_permission();
        let asked = open.state.question.as_ref().filter(unanswered);
        let everything = open.state.spec.as_ref().is_some_and(|spec| spec.policy.allows_everything());
        let allowed =
            asked.filter(|q| q.tool.as_ref().is_some_and(|tool| everything || open.state.allowed.contains(tool)));
        let Some(question) = allowed.map(|q| q.id.clone()) else { return };
        let why = everything.then_some("allowed by the policy");
        // Refused while the answer is on its way; what can't be written down is tried at the next change.
        if let Ok(decision) = answered(&open.state, &question, &Answer::AllowRun, why)
            && self.take(run, decision).is_err()
        {
            self.stick(run);
        }
    }

    /// Finds the run or external agent that RUN means: an exact id, an exact name in the repository, or a unique prefix
    /// of an id or of a name in the repository.
    pub(super) fn find(&self, asked: &str, repo: Option<&str>) -> Result<RunId, Refused> {
        if let Some(id) = RunId::parse(asked).filter(|id| self.runs.contains(id) || self.external_agents.contains(id)) {
            return Ok(id);
        }
        let rows = self.rows(None);
        let here: Vec<_> = rows.iter().filter(|row| repo.is_none_or(|repo| row.repo == repo)).collect();
        let named: Vec<_> = here.iter().copied().filter(|row| row.name == asked).collect();
        let found = match named.as_slice() {
            [] if asked.is_empty() => Vec::new(),
            [] => {
                let begins = |row: &&protocol::Row| row.id.as_str().starts_with(asked);
                let is_here = |row: &&protocol::Row| repo.is_none_or(|repo| row.repo == repo);
                let named_so = |row: &&protocol::Row| is_here(row) && row.name.starts_with(asked);
                rows.iter().filter(|row| begins(row) || named_so(row)).collect()
            }
            _ => named,
        };
        match found.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err(not_found_among(asked, here.iter().map(|row| row.name.as_str()))),
            many => {
                let ids: Vec<_> = many.iter().map(|row| format!("{} ({})", row.id, row.name)).collect();
                let reason = format!("{asked:?} may mean {}; name one by its id", ids.join(" or "));
                Err(Refused { code: Code::Usage, reason })
            }
        }
    }

    /// Finds a run as [`find`](Self::find) does, but refuses an agent that was started by hand.
    fn find_run(&self, asked: &str, repo: Option<&str>) -> Result<RunId, Refused> {
        let found = self.find(asked, repo)?;
        self.no_run(&found).map_or(Ok(found), Err)
    }

    fn status(&self) -> DaemonStatus {
        let (runs, live, queued) = self.runs.counts();
        DaemonStatus {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: CONTRACT,
            home: self.places.home.display().to_string(),
            uptime_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            runs,
            live,
            queued,
            limit: self.limit,
            faces: self.faces.count(),
            rss_bytes: measure::own_memory(),
            degraded: self.degraded.clone(),
            notes: self.runs.notes(self.watcher.works()),
        }
    }

    /// Sends an input to this dispatcher, to be handled in a later turn.
    pub(super) fn later(&self, input: Input) {
        // The channel is gone only when the daemon stops.
        let _stopping = self.inputs.send(input);
    }
}

/// Returns the words of an answer that is said in words.
fn in_words(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Text(text) => Some(text.clone()),
        Answer::Each(texts) => Some(texts.join("\n")),
        Answer::Allow | Answer::AllowRun | Answer::Deny | Answer::Cancel => None,
    }
}

/// Decides an answer to a question of an agent: the line in the agent's own protocol, and its write by the keeper.
/// `why` says how it was answered where no person did.
fn answered(state: &RunState, question: &str, answer: &Answer, why: Option<&str>) -> Result<Decision, Refusal> {
    let (question, attempt) = decide::answer(state, question)?;
    if state.spec.as_ref().is_some_and(|spec| spec.interactive) {
        return Err(Refusal::new("it asks in its own terminal", "answer there: `pilothouse attach` shows it"));
    }
    let dialect = super::open::dialect(state, &attempt);
    let dialect = dialect.ok_or_else(|| Refusal::new("its agent is not known here", "answer in its terminal"))?;
    let given = decide::given(question, answer)?;
    let resting = state.attempt_named(&attempt).is_some_and(|known| known.rest.is_some());
    let agents::AnswerPlan { line: data, how, words } = agents::answer(dialect, question, &given, resting)?;
    let write = format!("answer:{}:{}", question.id, state.last_effect + 1);
    let how = why.map_or(how, str::to_owned);
    let asked = supervisor::KeeperRequest::Stdin { id: write.clone(), data: data.clone() };
    if !supervisor::fits(&asked) {
        let reason = format!("this answer has {} MB, more than can be given to an agent at once", data.len() >> 20);
        return Err(Refusal::new(reason, "give another one: `pilothouse send --deny`, or `pilothouse terminate`"));
    }
    let answer = Decision::answer(attempt.clone(), write, data, question.id.clone(), how);
    Ok(answer.with_words(attempt, words))
}

fn not_found(asked: &str) -> Refused {
    not_found_among(asked, std::iter::empty())
}

/// Refuses as [`not_found`] does, with the name that was likely meant.
fn not_found_among<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Refused {
    let alike = names.map(|name| (strsim::jaro(asked, name), name)).filter(|(alike, _)| *alike > ALIKE);
    let meant = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let meant = meant.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"));
    let reason = format!("there is no run {asked:?} here{meant}; `pilothouse ls --all` lists all runs");
    Refused { code: Code::NotFound, reason }
}
