//! The server: requests by path, each counted and billed.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};
use axum::routing::{any, get, post};
use domain::tokens::Tokens;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::ledger::{Billed, price};
use crate::reply;
use crate::scenario::{Aside, Delivery, ModelScenario};
use crate::wire::{ModelAnswer, ModelRequest, OfUrl, WireFormat};

/// The path of a base URL at which the task of the conversation says which scenario is played.
pub const BY_TASK: &str = "by-task";

/// A provider that serves until it is dropped.
#[derive(Debug)]
pub struct ScriptedProvider {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// The server's record of the requests so far.
#[derive(Debug, Default)]
struct Books {
    billed: Vec<Billed>,
    /// Requests of each path.
    asked: BTreeMap<String, usize>,
    /// Requests of each path that were answered.
    answered: BTreeMap<String, usize>,
    /// Which scenario is played where a task is in the conversation.
    tasks: Vec<(String, String)>,
    /// Answers given, so that each has an id of its own.
    answers: u64,
    /// The one key that is accepted; any when `None`.
    key: Option<String>,
    /// Requests that came with another key.
    refused: usize,
}

impl Books {
    fn scenario_of(&self, asked: &ModelRequest) -> String {
        let text = asked.body.to_string();
        let found = self.tasks.iter().find(|(task, _)| text.contains(task.as_str()));
        found.map_or_else(|| "a task that nobody told of".to_owned(), |(_, scenario)| scenario.clone())
    }
}

impl ScriptedProvider {
    /// Serves on a free port of loopback, on a thread of its own.
    ///
    /// # Errors
    /// When no port can be had or no thread be started.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _within = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let books = Arc::<Mutex<Books>>::default();
        let routes = Router::new()
            .route("/s/{path}/v1/messages", post(messages))
            .route("/s/{path}/v1/responses", post(responses))
            .route("/s/{path}/v1/chat/completions", post(chat))
            .route("/s/{path}/v1beta/models/{call}", post(gemini))
            .route("/s/{path}/v1/messages/count_tokens", post(count_tokens))
            .route("/s/{path}/v1/models", get(models))
            .route("/s/{path}", any(alive))
            .route("/s/{path}/", any(alive))
            .with_state(Arc::clone(&books));
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, books, runtime: Some(runtime) })
    }

    /// The base URL for `path`: a scenario's name, a dot, and what tells this conversation from others.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/s/{path}", self.address)
    }

    /// Plays `scenario` from now on in conversations that have `task` in them, where [`BY_TASK`] says so.
    pub fn play(&self, task: &str, scenario: &str) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        // As it stands in JSON.
        let task = json!(task).to_string().trim_matches('"').to_owned();
        books.tasks.push((task, scenario.to_owned()));
    }

    /// Answers from now on only requests with this key.
    pub fn require(&self, key: &str) {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).key = Some(key.to_owned());
    }

    /// How many requests came with another key.
    pub fn refused(&self) -> usize {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// How many requests came for `path` with a key that is accepted, answered or not.
    pub fn asked(&self, path: &str) -> usize {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).asked.get(path).copied().unwrap_or_default()
    }

    /// Returns what was billed for `path`, in the order of the requests.
    pub fn billed(&self, path: &str) -> Vec<Billed> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.billed.iter().filter(|billed| billed.path == path).cloned().collect()
    }
}

impl Drop for ScriptedProvider {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Shared = State<Arc<Mutex<Books>>>;

/// The parts of a request beside its body.
struct ReceivedRequest {
    path: String,
    headers: HeaderMap,
    of_url: OfUrl,
}

async fn asked(books: Arc<Mutex<Books>>, came: ReceivedRequest, wire: WireFormat, body: &[u8]) -> Response<Body> {
    let ReceivedRequest { path, headers, of_url } = came;
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return wire.error(400, "no JSON") };
    let asked = ModelRequest::new(body, of_url);
    let mut ledger = books.lock().unwrap_or_else(PoisonError::into_inner);
    if ledger.key.as_ref().is_some_and(|key| Some(key.as_str()) != key_of(&headers)) {
        ledger.refused += 1;
        return wire.error(401, "this key is not known");
    }
    let told = if path == BY_TASK { ledger.scenario_of(&asked) } else { path.clone() };
    let Some(scenario) = ModelScenario::parse(&told) else { return wire.error(404, &format!("no scenario {told}")) };
    // Requests of one path are counted together; of one task they are another conversation's each.
    let counted = if path == BY_TASK { format!("{path}/{told}") } else { path.clone() };
    let before = ledger.asked.entry(counted.clone()).or_default();
    let way = scenario.way(*before);
    *before += 1;
    let step = wire.step(&asked, ledger.answered.get(&counted).copied().unwrap_or_default());
    let tokens = price(step);
    ledger.answers += 1;
    let number = ledger.answers;
    if let Delivery::Status(status) = way {
        return wire.error(status, &format!("scripted failure with status {status}"));
    }
    *ledger.answered.entry(counted).or_default() += 1;
    let at = ledger.billed.len();
    let aside = scenario.aside().filter(|_| wire.has_steps());
    let mut bill = Bill { wire, at, begun: wire.bill(tokens), whole: wire.bill(tokens), beside: None };
    ledger.billed.push(Billed { path: path.clone(), model: asked.model.clone(), tokens: Tokens::default() });
    match aside {
        Some(Aside { model: Some(model), tokens, .. }) => {
            ledger.billed.push(Billed { path, model: model.to_owned(), tokens: Tokens::default() });
            bill.beside = Some(tokens);
        }
        Some(aside) => bill.whole += aside.tokens,
        None => {}
    }
    drop(ledger);
    let answer = wire.answer(&asked, &ModelAnswer { number, act: scenario.act(step), way, tokens, aside });
    billed_as_told(answer, &books, bill, asked.stream)
}

/// The bill of one answer.
#[derive(Clone, Copy)]
struct Bill {
    wire: WireFormat,
    /// The answer's place in the ledger.
    at: usize,
    /// Tokens that the answer reports at its beginning, but for the output.
    begun: Tokens,
    whole: Tokens,
    /// Tokens of another model, billed by the ledger's next entry.
    beside: Option<Tokens>,
}

impl Bill {
    /// Writes down what was told with a piece of the answer, or with all of it.
    fn told(self, books: &Mutex<Books>, piece: Option<&[u8]>) {
        let told = piece.map_or(Some(self.whole), |piece| self.wire.told(piece, self.begun, self.whole));
        let Some(told) = told else { return };
        let billed = &mut books.lock().unwrap_or_else(PoisonError::into_inner).billed;
        billed[self.at].tokens = told;
        if let Some(beside) = self.beside.filter(|_| told == self.whole) {
            billed[self.at + 1].tokens = beside;
        }
    }
}

/// The answer, billed as it goes: an answer that is cut is billed as far as its bill was told.
fn billed_as_told(answer: Response<Body>, books: &Arc<Mutex<Books>>, bill: Bill, streams: bool) -> Response<Body> {
    let books = Arc::clone(books);
    if !streams {
        bill.told(&books, None);
        return answer;
    }
    let (head, body) = answer.into_parts();
    let pieces = body.into_data_stream().map(move |piece| {
        if let Ok(piece) = &piece {
            bill.told(&books, Some(piece));
        }
        piece
    });
    Response::from_parts(head, Body::from_stream(pieces))
}

/// The key of a request, in whichever header it is.
fn key_of(headers: &HeaderMap) -> Option<&str> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = value("authorization").and_then(|value| value.strip_prefix("Bearer "));
    value("x-api-key").or(value("x-goog-api-key")).or(bearer)
}

async fn messages(State(books): Shared, Path(path): Path<String>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    asked(books, ReceivedRequest { path, headers, of_url: OfUrl::default() }, WireFormat::Anthropic, &body).await
}

async fn responses(State(books): Shared, Path(path): Path<String>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    asked(books, ReceivedRequest { path, headers, of_url: OfUrl::default() }, WireFormat::Responses, &body).await
}

async fn chat(State(books): Shared, Path(path): Path<String>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    asked(books, ReceivedRequest { path, headers, of_url: OfUrl::default() }, WireFormat::Chat, &body).await
}

/// Gemini names the model and what is asked of it in the last part of the path.
async fn gemini(
    State(books): Shared,
    Path((path, call)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    if method == "countTokens" {
        return reply::json(200, &json!({"totalTokens": 14_323}));
    }
    let of_url = OfUrl { model: Some(model.to_owned()), stream: method == "streamGenerateContent" };
    asked(books, ReceivedRequest { path, headers, of_url }, WireFormat::Gemini, &body).await
}

async fn count_tokens(_: Bytes) -> Response<Body> {
    reply::json(200, &json!({"input_tokens": 14_323}))
}

async fn models() -> Response<Body> {
    reply::json(200, &json!({"data": [], "has_more": false}))
}

async fn alive() -> Response<Body> {
    Response::new(Body::empty())
}
