//! Forwarding a request: who asks is looked up, budgets are kept, the key is put in, the answer is counted.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use domain::event::CallEnd;
use metering::{Api, Meter};

use crate::TOKEN_HEADER;
use crate::answer;
use crate::call::{self, Call};
use crate::hold::{self, Held};
use crate::keys::{Key, without};
use crate::pass::{Pass, Route};
use crate::refuse::{FINAL, refuse};
use crate::serve::{Gateway, now};
use crate::target::Target;

/// A request longer than this is no conversation.
const LONGEST: usize = 512 << 20;

/// Headers that are for one connection only. Source: RFC 9110, section 7.6.1.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

pub(crate) async fn forward(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let unknown = || refuse(None, StatusCode::FORBIDDEN, "this token is not known, or not any more");
    let Some(target) = Target::of(&parts.uri, &parts.headers) else { return unknown() };
    let Ok(Some(pass)) = gateway.passes.find(&target.token) else { return unknown() };
    let Some(route) = pass.routes.get(&target.provider).cloned() else {
        return refuse(None, FINAL, &format!("there is no provider {:?} in the settings", target.provider));
    };
    if parts.headers.contains_key(header::UPGRADE) {
        return refuse(None, FINAL, "WebSockets are not forwarded; plain requests are");
    }
    let api = (parts.method == Method::POST).then(|| Api::of(&target.rest)).flatten();
    let asked = Asked { method: parts.method, headers: parts.headers, target, route };
    match api {
        Some(api) => call_model(&gateway, pass, asked, api, body).await,
        None => pass_through(&gateway, &asked, body).await,
    }
}

struct Asked {
    method: Method,
    headers: HeaderMap,
    target: Target,
    route: Route,
}

impl Asked {
    /// The request at the provider.
    fn upstream(&self, gateway: &Gateway, key: Option<&Key>, body: reqwest::Body) -> reqwest::RequestBuilder {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            // What is compressed can't be read in passing.
            let dropped = [header::HOST, header::CONTENT_LENGTH, header::ACCEPT_ENCODING].contains(name)
                || OF_THE_CONNECTION.contains(name)
                || ["keep-alive", TOKEN_HEADER].contains(&name.as_str());
            if !dropped {
                headers.append(name.clone(), value.clone());
            }
        }
        let mut url = self.target.url(&self.route.upstream);
        if let Some(key) = key {
            put_key(&mut headers, &mut url, &self.target.provider, key);
        }
        gateway.client.request(self.method.clone(), url).headers(headers).body(body)
    }
}

/// The real key instead of whatever the agent sent.
fn put_key(headers: &mut HeaderMap, url: &mut String, provider: &str, key: &Key) {
    const ANTHROPIC: HeaderName = HeaderName::from_static("x-api-key");
    const GEMINI: HeaderName = HeaderName::from_static("x-goog-api-key");
    let name = match provider {
        "anthropic" => ANTHROPIC,
        "gemini" => GEMINI,
        "openai" => header::AUTHORIZATION,
        _ => [ANTHROPIC, GEMINI].into_iter().find(|name| headers.contains_key(name)).unwrap_or(header::AUTHORIZATION),
    };
    for sent in [ANTHROPIC, GEMINI, header::AUTHORIZATION] {
        headers.remove(sent);
    }
    if let Some((path, query)) = url.split_once('?') {
        let kept: Vec<_> = query.split('&').filter(|part| !part.starts_with("key=")).collect();
        *url = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    }
    let text = if name == header::AUTHORIZATION { format!("Bearer {}", key.0) } else { key.0.clone() };
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// What costs nothing: asked and answered as it is.
async fn pass_through(gateway: &Arc<Gateway>, asked: &Asked, body: Body) -> Response<Body> {
    let key = match gateway.keys.get(&asked.route.key).await {
        Ok(key) => key,
        Err(why) => return refuse(None, FINAL, &no_key(&asked.target.provider, &why)),
    };
    let body = reqwest::Body::wrap_stream(body.into_data_stream());
    match asked.upstream(gateway, key.as_ref(), body).send().await {
        Ok(answer) => {
            let response = head(&answer);
            response.body(Body::from_stream(answer.bytes_stream())).expect("a whole response")
        }
        Err(error) => refuse(None, StatusCode::BAD_GATEWAY, &unreached(&asked.route.upstream, &error)),
    }
}

async fn call_model(gateway: &Arc<Gateway>, pass: Pass, asked: Asked, api: Api, body: Body) -> Response<Body> {
    let Ok(body) = axum::body::to_bytes(body, LONGEST).await else {
        return refuse(Some(api), FINAL, "the request is longer than anything that is forwarded, or broke off");
    };
    let provider = asked.target.provider.clone();
    let text = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let mut data = call::data(gateway.next_id(), &provider, now());
    data.asked = api.model(&asked.target.rest, &body);
    data.retry = text("x-stainless-retry-count").and_then(|n| n.parse().ok());
    let sessions = ["x-claude-code-session-id", "session-id", "x-session-id"];
    data.session = sessions.iter().find_map(|name| text(name)).map(|name| name.chars().take(100).collect());
    let pass = match hold::admit(gateway, &asked.target.token, pass.clone()).await {
        Ok(pass) => pass,
        Err(held) => return refused(gateway, &pass, data, api, held),
    };
    let mut call = Call::new(gateway, &pass, data);
    let key = match gateway.keys.get(&asked.route.key).await {
        Ok(key) => key,
        Err(why) => {
            let why = no_key(&provider, &why);
            call.failed(CallEnd::Refused, why.clone());
            return refuse(Some(api), FINAL, &why);
        }
    };
    call.with_key(key.as_ref());
    let shown = key.clone();
    let body = api.ask_for_usage(&body).map_or(body, Bytes::from);
    call.begin();
    let answer = match send(gateway, &asked, key, &body).await {
        Ok(answer) => answer,
        Err(error) => {
            let why = unreached(&asked.route.upstream, &error);
            call.failed(CallEnd::Unreached, why.clone());
            return refuse(Some(api), StatusCode::BAD_GATEWAY, &why);
        }
    };
    let status = answer.status();
    call.answered(status.as_u16());
    // An agent that has no key of its own can do nothing about one that is refused but try it again for minutes.
    let ours = asked.route.key != crate::keys::KeySource::Own;
    if ours && (status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN) {
        let meter = Meter::new(api, "application/json");
        let said = without(shown.as_ref(), &said(answer, meter).await);
        let why = key_refused(&provider, status.as_u16(), &said);
        call.failed(CallEnd::Whole, why.clone());
        return refuse(Some(api), FINAL, &why);
    }
    let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let meter = Meter::new(api, content_type);
    let response = head(&answer);
    response.body(answer::pass_on(answer, call, meter)).expect("a whole response")
}

/// Asks the provider; a key that it refuses is fetched anew once, since some are changed every hour.
async fn send(
    gateway: &Arc<Gateway>,
    asked: &Asked,
    key: Option<Key>,
    body: &Bytes,
) -> Result<reqwest::Response, reqwest::Error> {
    let answer = asked.upstream(gateway, key.as_ref(), body.clone().into()).send().await?;
    if answer.status() != StatusCode::UNAUTHORIZED {
        return Ok(answer);
    }
    let renewed = match &key {
        Some(old) => gateway.keys.renewed(&asked.route.key, old).await,
        None => None,
    };
    match renewed {
        Some(key) => asked.upstream(gateway, Some(&key), body.clone().into()).send().await,
        None => Ok(answer),
    }
}

/// What a provider says in an answer that is an error.
async fn said(answer: reqwest::Response, mut meter: Meter) -> String {
    let body = answer.bytes().await.unwrap_or_default();
    meter.feed(&body);
    meter.end().error.unwrap_or_else(|| "it gives no reason".to_owned())
}

fn refused(
    gateway: &Arc<Gateway>,
    pass: &Pass,
    mut data: domain::event::ModelCalled,
    api: Api,
    held: Held,
) -> Response<Body> {
    let why = match held {
        Held::Gone => return refuse(Some(api), StatusCode::FORBIDDEN, "this token is not known any more"),
        Held::Over(over) => {
            let why = format!("the budget of the {} is reached: {}", over.of.word(), over.used);
            data.over = Some(over);
            why
        }
        Held::Told(why) => why,
    };
    Call::new(gateway, pass, data).failed(CallEnd::Refused, why.clone());
    refuse(Some(api), FINAL, &why)
}

/// Status and headers of an answer.
fn head(answer: &reqwest::Response) -> axum::http::response::Builder {
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !OF_THE_CONNECTION.contains(name) && name.as_str() != "keep-alive" {
            response = response.header(name, value);
        }
    }
    response
}

fn no_key(provider: &str, why: &str) -> String {
    format!("there is no key for {provider}: {why}; [provider.{provider}] says where it comes from")
}

fn key_refused(provider: &str, status: u16, said: &str) -> String {
    format!("{provider} refuses the key ({status}): {said}; [provider.{provider}] says where it comes from")
}

/// Why a provider could not be reached, to the innermost reason.
fn unreached(upstream: &str, error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    format!("{} can't be reached: {reason}", without_user(upstream))
}

/// A URL without the name and password that may stand in it.
fn without_user(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest, rest.find('@')?))) {
        Some((scheme, rest, at)) if !rest[..at].contains('/') => format!("{scheme}://{}", &rest[at + 1..]),
        _ => url.to_owned(),
    }
}
