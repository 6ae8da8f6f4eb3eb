//! What must be remembered of an agent's output to understand its next line.

use std::collections::{BTreeMap, BTreeSet};

use domain::Body;
use domain::effect::Effect;
use domain::event::{AgentFinished, BackgroundEnded, BackgroundStarted, LimitedEnded, TurnEnded, WaitingEnded};

use crate::counted::TokensByModel;
use crate::dialect::Dialect;
use crate::short::short;
use crate::{claude_stream, rpc};

/// The conversation of an attempt so far; folding the attempt's events rebuilds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub(crate) dialect: Dialect,
    /// The session that the attempt was started to go on in.
    pub(crate) resumes: Option<String>,
    /// The agent's own id of the session.
    pub(crate) named: Option<String>,
    /// The option of the session that its model is set by.
    pub(crate) model_option: Option<String>,
    /// Writes that were begun, by id; none is begun twice.
    said: BTreeSet<String>,
    /// Messages whose usage was counted; an agent says it once per block of the same message.
    pub(crate) counted: BTreeSet<String>,
    /// Everything that was counted.
    sum: TokensByModel,
    /// The use that the agent's messages told since the last result, where the agent tells its usage from there on.
    since_result: TokensByModel,
    /// The amounts that earlier attempts counted, by the session.
    earlier: BTreeMap<String, TokensByModel>,
    /// The session that an earlier attempt named last.
    earlier_named: String,
    /// The questions that are open, each with what stands in its input.
    pub(crate) questions: Vec<(String, Option<String>)>,
    /// Questions whose answer is on its way.
    pub(crate) answering: BTreeSet<String>,
    pub(crate) limited: bool,
    /// Whether the agent tells when it is idle, so that a result alone is no end.
    pub(crate) tells_turns: bool,
    /// The agent's words at the end of a good turn that may not have been the last.
    pub(crate) rest: Option<String>,
    /// Background work that it goes on with when that is done.
    pub(crate) background: BTreeMap<String, String>,
    /// Requests that are to be refused, each with its id and the line that does so.
    pub(crate) refusals: Vec<(String, String)>,
    /// Words of a person that are told to the agent when the turn is over.
    pub(crate) words: Vec<String>,
    /// How often such words were told.
    pub(crate) told: usize,
    /// The last words that were said into a turn under way.
    pub(crate) steered: Option<String>,
    /// Changes of files that have not returned, by the call's id, in full.
    pub(crate) changes: BTreeMap<String, String>,
    /// Tool calls that were told of.
    pub(crate) called: BTreeSet<String>,
    pub(crate) last_message: String,
    /// The last line of text that named an error.
    pub(crate) trouble: Option<String>,
    /// A message that comes in pieces and has not come to its end.
    pub(crate) held: Option<HeldMessage>,
}

/// A message of which pieces have come. No event tells of it yet, so a new reader begins where it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldMessage {
    /// Offset of the line with its first piece.
    pub(crate) from: u64,
    pub(crate) text: String,
}

impl Session {
    /// A session that begins, or goes on in the one that the agent calls `resumes`.
    pub fn new(dialect: Dialect, resumes: Option<String>) -> Self {
        Self {
            dialect,
            resumes,
            named: None,
            model_option: None,
            said: BTreeSet::new(),
            counted: BTreeSet::new(),
            sum: TokensByModel::default(),
            since_result: TokensByModel::default(),
            earlier: BTreeMap::new(),
            earlier_named: String::new(),
            questions: Vec::new(),
            answering: BTreeSet::new(),
            limited: false,
            tells_turns: false,
            rest: None,
            background: BTreeMap::new(),
            refusals: Vec::new(),
            words: Vec::new(),
            told: 0,
            steered: None,
            changes: BTreeMap::new(),
            called: BTreeSet::new(),
            last_message: String::new(),
            trouble: None,
            held: None,
        }
    }

    /// A session that was joined in the middle, to be listened to only.
    pub(crate) fn listening(dialect: Dialect) -> Self {
        Self { said: BTreeSet::from([crate::write_id::PROMPT.to_owned()]), ..Self::new(dialect, None) }
    }

    /// Takes up one event of this attempt; `step` does so itself with the events it returns.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a session remembers these kinds")]
    pub fn fold(&mut self, body: &Body) {
        match body {
            Body::AgentSession(data) => {
                self.named = Some(data.session.clone());
                self.rest = None;
                self.model_option.clone_from(&data.model_option);
            }
            Body::TurnStarted(_) => {
                self.tells_turns = self.dialect == Dialect::ClaudeStream;
                self.rest = None;
            }
            Body::TurnEnded(data) => self.rest = Some(data.text.clone()),
            Body::AgentFinished(_) => self.rest = None,
            Body::BackgroundStarted(data) => {
                self.background.insert(data.id.clone(), data.about.clone());
            }
            Body::BackgroundEnded(data) => {
                self.background.remove(&data.id);
            }
            Body::AgentMessage(data) => {
                if self.dialect == Dialect::Aider && data.text.contains("Error: ") {
                    self.trouble = Some(data.text.clone());
                }
                self.last_message.clone_from(&data.text);
            }
            Body::ToolCalled(call) => {
                // Only one dialect has to know, and a long run has many.
                if matches!(self.dialect, Dialect::Acp { .. }) {
                    self.called.insert(call.id.clone());
                }
                if let Some(full) = &call.full {
                    self.changes.insert(call.id.clone(), full.clone());
                }
            }
            Body::ToolReturned(call) => {
                self.changes.remove(&call.id);
            }
            Body::RequestRefused(data) => self.refusals.push((data.id.clone(), data.reply.clone())),
            Body::WordsGiven(data) => self.words.push(data.text.clone()),
            Body::UsageReported(usage) => {
                self.counted.extend(usage.of.clone());
                match usage.of.as_deref() {
                    Some(of) if of.starts_with(claude_stream::ASIDE) => {}
                    Some(of) if of.starts_with(claude_stream::RESULT) => {
                        self.sum.take_up(usage);
                        self.since_result = TokensByModel::default();
                    }
                    Some(_) => {
                        self.sum.take_up(usage);
                        self.since_result.take_up(usage);
                    }
                    None => self.sum.take_up(usage),
                }
            }
            Body::WaitingStarted(asked) => self.questions.push((asked.id.clone(), asked.input.clone())),
            Body::WaitingEnded(ended) => {
                self.questions.retain(|(id, _)| *id != ended.id);
                self.answering.remove(&ended.id);
            }
            Body::EffectStarted(started) => {
                if let Effect::Write { write, question, data, .. } = &started.effect {
                    self.said.insert(write.clone());
                    self.answering.extend(question.clone());
                    self.refusals.retain(|(id, _)| crate::write_id::refusal(id) != *write);
                    if *write == crate::write_id::words(self.told) && !self.words.is_empty() {
                        self.words.remove(0);
                        self.told += 1;
                        self.rest = None;
                    }
                    if self.dialect == Dialect::CodexApp {
                        self.steered = crate::codex_app::steered(data).or(self.steered.take());
                    }
                }
            }
            Body::Limited(_) => self.limited = true,
            Body::LimitedEnded(_) => self.limited = false,
            _ => {}
        }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Takes up one event of an earlier attempt of the same run: what was counted then is not counted again.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only what was counted matters of an earlier attempt")]
    pub fn fold_earlier(&mut self, body: &Body) {
        match body {
            Body::AgentSession(data) => self.earlier_named.clone_from(&data.session),
            Body::UsageReported(usage) => {
                self.counted.extend(usage.of.clone());
                if !usage.of.as_deref().is_some_and(|of| of.starts_with(claude_stream::ASIDE)) {
                    self.earlier.entry(self.earlier_named.clone()).or_default().take_up(usage);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn counted(&self) -> &TokensByModel {
        &self.sum
    }

    pub(crate) fn since_result(&self) -> &TokensByModel {
        &self.since_result
    }

    /// The amounts that earlier attempts counted of the session that this one goes on in.
    pub(crate) fn counted_earlier(&self) -> TokensByModel {
        self.resumes.as_ref().and_then(|session| self.earlier.get(session)).cloned().unwrap_or_default()
    }

    /// Where a reader must begin that knows the events given so far; `None`: behind all that was read.
    pub fn held_from(&self) -> Option<u64> {
        self.held.as_ref().map(|held| held.from)
    }

    /// Whether the agent calls the session so, or has not said yet what it calls it.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.named.as_deref().is_none_or(|named| named == name)
    }

    pub(crate) fn has_said(&self, write: &str) -> bool {
        self.said.contains(write)
    }

    /// Why a session could not be opened, with the next step.
    pub(crate) fn not_opened(&self, why: &str) -> String {
        match &self.resumes {
            Some(session) => {
                format!("its session {session} can't go on: {why}; `pilothouse retry --fresh` begins the phase anew")
            }
            None => why.to_owned(),
        }
    }

    /// Returns the events that end what ends with the agent's work; a limit outlives work that failed.
    pub(crate) fn ended(&self, ok: bool) -> Vec<Body> {
        let mut events = Vec::new();
        if self.limited && ok {
            events.push(LimitedEnded {}.into());
        }
        let open = self.questions.iter();
        events.extend(open.map(|(id, _)| WaitingEnded { id: id.clone(), how: "the agent ended".to_owned() }.into()));
        events
    }

    /// The end of the agent's work, as it says itself.
    pub(crate) fn over(&self, ok: bool, text: &str) -> Vec<Body> {
        let mut events = self.ended(ok);
        events.push(AgentFinished { ok, text: short(text) }.into());
        events
    }

    /// The end of a turn that went well, which is the end of the work when nothing goes on behind it and the agent does not
    /// tell when it is idle.
    pub(crate) fn turn_over(&self, text: &str) -> Vec<Body> {
        let waits = !self.words.is_empty() || self.asks_beside();
        if self.background.is_empty() && !self.tells_turns && !waits {
            return self.over(true, text);
        }
        let open = u32::try_from(self.background.len()).unwrap_or(u32::MAX);
        vec![TurnEnded { text: short(text), open }.into()]
    }

    /// Whether a question is open that the agent does not wait for.
    pub(crate) fn asks_beside(&self) -> bool {
        self.dialect == Dialect::CodexApp && !self.questions.is_empty()
    }

    /// The beginning of background work that is not known yet.
    pub(crate) fn goes_on_behind(&self, id: &str, about: &str) -> Option<Body> {
        let begins = !self.background.contains_key(id);
        begins.then(|| BackgroundStarted { id: id.to_owned(), about: short(about) }.into())
    }

    /// The end of background work that is known.
    pub(crate) fn done_behind(&self, id: &str, how: &str) -> Option<Body> {
        let about = self.background.get(id)?;
        Some(BackgroundEnded { id: id.to_owned(), how: short(&format!("{about}: {how}")) }.into())
    }

    /// The end of the question that the agent's request with this number was, when nobody has answered it.
    pub(crate) fn withdrawn(&self, request: &serde_json::Value) -> Vec<Body> {
        let is_it = |input: &Option<String>| rpc::asked(input.as_deref())["id"] == *request;
        let open = self.questions.iter().filter(|(id, input)| is_it(input) && !self.answering.contains(id));
        open.map(|(id, _)| WaitingEnded { id: id.clone(), how: "withdrawn by the agent".to_owned() }.into()).collect()
    }
}
