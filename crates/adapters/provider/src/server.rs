//! The server: requests by path, each counted and billed.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::routing::{any, get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::ledger::{Billed, price};
use crate::reply;
use crate::scenario::{Scenario, Way};
use crate::wire::{Answer, Asked, OfUrl, Wire};

/// The path of a base URL at which the task of the conversation says which scenario is played.
pub const BY_TASK: &str = "by-task";

/// A provider that serves until it is dropped.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What has been asked so far.
#[derive(Debug, Default)]
struct Books {
    billed: Vec<Billed>,
    /// Requests of each path.
    asked: BTreeMap<String, usize>,
    /// Those of them that were answered.
    answered: BTreeMap<String, usize>,
    /// Which scenario is played where a task is in the conversation.
    tasks: Vec<(String, String)>,
    /// Answers given, so that each has an id of its own.
    answers: u64,
}

impl Books {
    fn scenario_of(&self, asked: &Asked) -> String {
        let text = asked.body.to_string();
        let found = self.tasks.iter().find(|(task, _)| text.contains(task.as_str()));
        found.map_or_else(|| "a task that nobody told of".to_owned(), |(_, scenario)| scenario.clone())
    }
}

impl Provider {
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

    /// From now on conversations that have `task` in them play `scenario`, where [`BY_TASK`] says so.
    pub fn play(&self, task: &str, scenario: &str) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        // As it stands in JSON.
        let task = json!(task).to_string().trim_matches('"').to_owned();
        books.tasks.push((task, scenario.to_owned()));
    }

    /// What was billed for `path`, in the order of the requests.
    pub fn billed(&self, path: &str) -> Vec<Billed> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.billed.iter().filter(|billed| billed.path == path).cloned().collect()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Shared = State<Arc<Mutex<Books>>>;

async fn asked(books: Arc<Mutex<Books>>, path: String, wire: Wire, body: &[u8], of_url: OfUrl) -> Response<Body> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return wire.error(400, "no JSON") };
    let asked = Asked::new(body, of_url);
    let mut ledger = books.lock().unwrap_or_else(PoisonError::into_inner);
    let told = if path == BY_TASK { ledger.scenario_of(&asked) } else { path.clone() };
    let Some(scenario) = Scenario::parse(&told) else { return wire.error(404, &format!("no scenario {told}")) };
    // Requests of one path are counted together; of one task they are another conversation's each.
    let counted = if path == BY_TASK { format!("{path}/{told}") } else { path.clone() };
    let before = ledger.asked.entry(counted.clone()).or_default();
    let way = scenario.way(*before);
    *before += 1;
    let step = wire.step(&asked, ledger.answered.get(&counted).copied().unwrap_or_default());
    let tokens = price(step);
    ledger.answers += 1;
    let number = ledger.answers;
    // What is cut is billed all the same; what was refused is not.
    if !matches!(way, Way::Status(_)) {
        *ledger.answered.entry(counted).or_default() += 1;
        ledger.billed.push(Billed { path, model: asked.model.clone(), tokens });
    }
    drop(ledger);
    match way {
        Way::Status(status) => wire.error(status, &format!("scripted failure with status {status}")),
        way => wire.answer(&asked, &Answer { number, act: scenario.act(step), way, tokens }),
    }
}

async fn messages(State(books): Shared, Path(path): Path<String>, body: Bytes) -> Response<Body> {
    asked(books, path, Wire::Anthropic, &body, OfUrl::default()).await
}

async fn responses(State(books): Shared, Path(path): Path<String>, body: Bytes) -> Response<Body> {
    asked(books, path, Wire::Responses, &body, OfUrl::default()).await
}

async fn chat(State(books): Shared, Path(path): Path<String>, body: Bytes) -> Response<Body> {
    asked(books, path, Wire::Chat, &body, OfUrl::default()).await
}

/// Gemini names the model and what is asked of it in the last part of the path.
async fn gemini(State(books): Shared, Path((path, call)): Path<(String, String)>, body: Bytes) -> Response<Body> {
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    if method == "countTokens" {
        return reply::json(200, &json!({"totalTokens": 14_323}));
    }
    let of_url = OfUrl { model: Some(model.to_owned()), stream: method == "streamGenerateContent" };
    asked(books, path, Wire::Gemini, &body, of_url).await
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
