//! Forwarding a request: who asks is looked up, budgets are kept, the key is put in, the answer is counted.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use domain::event::{CallEnd, KEY_SOURCE, ModelCalled};
use metering::{Api, Meter};

use crate::TOKEN_HEADER;
use crate::answer;
use crate::body::{self, BodyRefusal, HeldRoom};
use crate::bound::Bound;
use crate::call::{self, OpenCall};
use crate::gateway::{GatewayState, now};
use crate::hold::{self, HeldRequest};
use crate::keys::{KeySource, SecretKey, without};
use crate::pass::{Pass, Route};
use crate::refuse::{FINAL, refuse};
use crate::shape::{self, Shape};
use crate::target::{CallTarget, url};

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
/// Headers that make another request of it for some servers than the one that was looked at.
const OTHERWISE: [&str; 5] =
    ["x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"];

pub(crate) async fn forward(gateway: Arc<GatewayState>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let unknown = || refuse(None, StatusCode::FORBIDDEN, "this token is not known, or not any more");
    let Some(target) = CallTarget::of(&parts.uri, &parts.headers) else { return unknown() };
    let Some(pass) = gateway.find(&target.token) else { return unknown() };
    let Some(route) = pass.routes.get(&target.provider).cloned() else {
        return refuse(None, FINAL, &format!("there is no provider {:?} in the settings", target.provider));
    };
    if parts.headers.contains_key(header::UPGRADE) {
        return refuse(None, FINAL, "WebSockets are not forwarded; plain requests are");
    }
    if !pass.may_ask(&route, &gateway.bound) {
        return refuse(
            None,
            FINAL,
            &format!("the key of {} is not for {}", target.provider, without_user(&route.upstream)),
        );
    }
    let ours = route.key != KeySource::Own;
    let plain = shape::plain(&target.path).zip(shape::query(&target.query, ours));
    let Some((path, query)) = plain else {
        return refuse(None, FINAL, "a path or query that can be read in two ways is not forwarded");
    };
    let Some(shape) = shape::of(&target.provider, &parts.method, &path) else {
        let what = format!("{} {path} is nothing that an agent asks {} for", parts.method, target.provider);
        return refuse(None, FINAL, &format!("{what}, so it does not go out with its key"));
    };
    let api = if let Shape::Call(api) = shape { Some(api) } else { None };
    let read = body::read(&gateway, &target.token, &pass.run, &parts.headers, body).await;
    let (body, taken) = match read {
        Ok(read) => read,
        Err(why) => return unread(api, why),
    };
    let CallTarget { token, provider, .. } = target;
    let asked = ForwardedCall { method: parts.method, headers: parts.headers, token, provider, path, query, route };
    match api {
        Some(api) => call_model(&gateway, pass, asked, api, body, taken).await,
        None => pass_through(&gateway, &asked, body, taken).await,
    }
}

fn unread(api: Option<Api>, why: BodyRefusal) -> Response<Body> {
    let status = match why {
        BodyRefusal::TooLong | BodyRefusal::Broke => FINAL,
        BodyRefusal::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        BodyRefusal::Silent => StatusCode::REQUEST_TIMEOUT,
    };
    refuse(api, status, &why.why())
}

struct ForwardedCall {
    method: Method,
    headers: HeaderMap,
    token: String,
    provider: String,
    /// Path and query as the provider gets them.
    path: String,
    query: String,
    route: Route,
}

impl ForwardedCall {
    /// The request at the provider.
    fn upstream(&self, gateway: &GatewayState, key: Option<&SecretKey>, body: Bytes) -> reqwest::RequestBuilder {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            // What is compressed can't be read in passing.
            let dropped = [header::HOST, header::CONTENT_LENGTH, header::ACCEPT_ENCODING, header::EXPECT]
                .contains(name)
                || OF_THE_CONNECTION.contains(name)
                || OTHERWISE.contains(&name.as_str())
                || ["keep-alive", TOKEN_HEADER].contains(&name.as_str());
            if !dropped {
                headers.append(name.clone(), value.clone());
            }
        }
        if let Some(key) = key {
            put_key(&mut headers, &self.provider, key);
        }
        let url = url(&self.route.upstream, &self.path, &self.query);
        gateway.client.request(self.method.clone(), url).headers(headers).body(body)
    }
}

/// The real key instead of whatever the agent sent.
fn put_key(headers: &mut HeaderMap, provider: &str, key: &SecretKey) {
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
    let text = if name == header::AUTHORIZATION { format!("Bearer {}", key.0) } else { key.0.clone() };
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// Forwards a request that costs nothing, and its answer, unchanged.
async fn pass_through(
    gateway: &Arc<GatewayState>,
    asked: &ForwardedCall,
    body: Bytes,
    taken: HeldRoom,
) -> Response<Body> {
    let key = match gateway.keys.get(&asked.route.key).await {
        Ok(key) => key,
        Err(why) => return refuse(None, FINAL, &no_key(&asked.provider, &why)),
    };
    let answer = asked.upstream(gateway, key.as_ref(), body).send().await;
    drop(taken);
    match answer {
        Ok(answer) => {
            let response = head(&answer);
            response.body(Body::from_stream(answer.bytes_stream())).expect("a whole response")
        }
        Err(error) => refuse(None, StatusCode::BAD_GATEWAY, &unreached(&asked.route.upstream, &error)),
    }
}

async fn call_model(
    gateway: &Arc<GatewayState>,
    pass: Arc<Pass>,
    asked: ForwardedCall,
    api: Api,
    body: Bytes,
    taken: HeldRoom,
) -> Response<Body> {
    let provider = asked.provider.clone();
    let text = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let mut data = call::data(gateway.next_id(), &provider, now());
    data.asked = api.model(&asked.path, &body);
    data.retry = text("x-stainless-retry-count").and_then(|n| n.parse().ok());
    let sessions = ["x-claude-code-session-id", "session-id", "x-session-id"];
    data.session = sessions.iter().find_map(|name| text(name)).map(|name| name.chars().take(100).collect());
    let bound = Bound::of(api, &asked.path, &body);
    let at_most = bound.used(&mut gateway.prices(), data.asked.as_deref(), data.began_at);
    // A program that asks a person for it holds nothing of a budget.
    if let Err(why) = gateway.keys.get(&asked.route.key).await {
        let why = no_key(&provider, &why);
        let call = OpenCall::new(gateway, &pass, data, bound, None);
        let _the_thread_is_gone = call.failed(CallEnd::Refused, why.clone()).await;
        return refuse(Some(api), FINAL, &why);
    }
    let (pass, reserved) = match hold::admit(gateway, &asked.token, at_most).await {
        Ok(admitted) => admitted,
        Err(held) => return refused(gateway, &pass, data, api, bound, held).await,
    };
    data.began_at = now();
    let mut call = OpenCall::new(gateway, &pass, data, bound, Some(reserved));
    // It may have been replaced while this call waited; where it was not, it is known.
    let key = match gateway.keys.get(&asked.route.key).await {
        Ok(key) => key,
        Err(why) => {
            let why = no_key(&provider, &why);
            let _the_thread_is_gone = call.failed(CallEnd::Refused, why.clone()).await;
            return refuse(Some(api), FINAL, &why);
        }
    };
    call.with_key(key.as_ref());
    let shown = key.clone();
    let body = api.ask_for_usage(&body).map_or(body, Bytes::from);
    call.begin().await;
    let answer = send(gateway, &asked, key, &body).await;
    drop((body, taken));
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let why = unreached(&asked.route.upstream, &error);
            // One that was reached and hung up may have begun to answer, and bills that.
            let end = if error.is_connect() { CallEnd::Unreached } else { CallEnd::Cut };
            let _the_thread_is_gone = call.failed(end, why.clone()).await;
            return refuse(Some(api), StatusCode::BAD_GATEWAY, &why);
        }
    };
    let status = answer.status();
    call.answered(status.as_u16());
    // An agent that has no key of its own can do nothing about one that is refused but try it again for minutes.
    let ours = asked.route.key != KeySource::Own;
    if ours && (status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN) {
        let meter = Meter::new(api, "application/json");
        let said = without(shown.as_ref(), &said(answer, meter).await);
        let why = key_refused(&provider, status.as_u16(), &said);
        let _the_thread_is_gone = call.failed(CallEnd::Whole, why.clone()).await;
        return refuse(Some(api), FINAL, &why);
    }
    let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let meter = Meter::new(api, content_type);
    let response = head(&answer);
    response.body(answer::pass_on(answer, call, meter)).expect("a whole response")
}

/// Asks the provider; a key that it refuses is fetched anew once, since some are changed every hour.
async fn send(
    gateway: &Arc<GatewayState>,
    asked: &ForwardedCall,
    key: Option<SecretKey>,
    body: &Bytes,
) -> Result<reqwest::Response, reqwest::Error> {
    let answer = asked.upstream(gateway, key.as_ref(), body.clone()).send().await?;
    if answer.status() != StatusCode::UNAUTHORIZED {
        return Ok(answer);
    }
    let renewed = match &key {
        Some(old) => gateway.keys.renewed(&asked.route.key, old).await,
        None => None,
    };
    match renewed {
        Some(key) => asked.upstream(gateway, Some(&key), body.clone()).send().await,
        None => Ok(answer),
    }
}

/// Reads the provider's reason out of an answer that is an error.
async fn said(answer: reqwest::Response, mut meter: Meter) -> String {
    let body = answer.bytes().await.unwrap_or_default();
    meter.feed(&body);
    meter.end().error.unwrap_or_else(|| "it gives no reason".to_owned())
}

async fn refused(
    gateway: &Arc<GatewayState>,
    pass: &Arc<Pass>,
    mut data: ModelCalled,
    api: Api,
    bound: Bound,
    held: HeldRequest,
) -> Response<Body> {
    let why = match held {
        HeldRequest::Gone => return refuse(Some(api), StatusCode::FORBIDDEN, "this token is not known any more"),
        HeldRequest::Over(over) => {
            let why = format!("the budget of the {} is reached: {}", over.of.word(), over.used);
            data.over = Some(over);
            why
        }
        HeldRequest::Told(why) => why,
    };
    let call = OpenCall::new(gateway, pass, data, bound, None);
    let _the_thread_is_gone = call.failed(CallEnd::Refused, why.clone()).await;
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
    format!("there is no key for {provider}: {why}; [provider.{provider}] {KEY_SOURCE}")
}

fn key_refused(provider: &str, status: u16, said: &str) -> String {
    format!("{provider} refuses the key ({status}): {said}; [provider.{provider}] {KEY_SOURCE}")
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
