//! Asks a source: within its budget, proving who asks, again where that may help, and never more than is bounded.

use super::{
    HttpSource,
    fault::Fault,
    login::Login,
    manifest::{Action, Method, Request},
    template::Values,
    wait,
};
use crate::{connectors::Stop, model::Timestamp};
use reqwest::{Url, header::HeaderMap};
use serde_json::{Map, Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Redirects followed within the source's origin.
const MAX_REDIRECTS: usize = 5;

/// The longest a source may ask to be left alone during a run.
const MAX_WAIT: Duration = Duration::from_secs(3_600);

/// The most of an answer that is quoted, in characters.
const MAX_QUOTED: usize = 200;

/// Asks one source.
pub struct Client {
    pub source: Arc<HttpSource>,
    pub stop: Stop,
    /// When the run began, and what this machine's steady clock showed.
    at: Timestamp,
    started: Instant,
    http: reqwest::Client,
    login: Login,
    /// What placeholders stand for in every request.
    values: Values,
    sent: Mutex<VecDeque<Instant>>,
    /// How often it asks again where that may help.
    retries: u32,
}

/// What a source answered.
pub struct Answer {
    /// `{status, headers, body}`.
    pub value: Value,
    /// Where it came from.
    pub url: Url,
}

/// What came of asking.
pub enum Asked {
    Answer(Answer),
    /// It holds no rows.
    Empty,
    /// It is gone over; why.
    Skipped(String),
}

/// How one attempt went.
enum Attempt {
    Answered(Answer),
    /// No answer came; why.
    Failed(String),
    /// More came than is held.
    TooLarge(String),
}

impl Client {
    /// Looks the source's secrets up and gets ready; nothing is sent yet.
    pub fn new(source: Arc<HttpSource>, at: Timestamp, stop: Stop) -> Result<Self, Fault> {
        let mut values = source.values();
        values.set("now", at.to_string());
        let mut secrets = Vec::new();
        for (name, reference) in &source.secrets {
            let secret = reference.resolve().map_err(|rule| Fault::Source(format!("secret `{name}`: {rule}")))?;
            values.set(&format!("secrets.{name}"), secret.reveal());
            secrets.push(secret.reveal().to_owned());
        }
        let http = http(&source).map_err(Fault::Source)?;
        let login = Login::new(secrets);
        let (started, sent, retries) = (Instant::now(), Mutex::default(), source.manifest.budget.retries);
        Ok(Self { source, stop, at, started, http, login, values, sent, retries })
    }

    /// The same for one who waits for what comes of it: what fails is not tried again.
    pub fn once(source: Arc<HttpSource>, at: Timestamp, stop: Stop) -> Result<Self, Fault> {
        Ok(Self { retries: 0, ..Self::new(source, at, stop)? })
    }

    /// What placeholders stand for in every request, to add to.
    pub fn values(&self) -> Values {
        self.values.clone()
    }

    /// A text without any secret in it.
    pub fn redact(&self, text: &str) -> String {
        self.login.redact(text)
    }

    /// The start of a text without any secret in it; the secrets go first, so that none is cut in two.
    fn quote(&self, text: &str) -> String {
        quoted(&self.redact(text), MAX_QUOTED)
    }

    /// The start of an answer's body.
    fn body_of(&self, answer: &Value) -> String {
        match &answer["body"] {
            Value::Null => "without a body".into(),
            Value::String(text) => self.quote(text),
            other => self.quote(&other.to_string()),
        }
    }

    /// Asks, and asks again as the manifest says. `next` is an address a page gave, instead of the request's own.
    pub fn ask(&self, request: &Request, values: &mut Values, next: Option<&Url>) -> Result<Asked, Fault> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            let generation = self.log_in()?;
            self.keep_budget()?;
            let (attempt, what) = self.attempt(request, values, next)?;
            let (action, message, asked_wait) = match &attempt {
                Attempt::Answered(answer) => match self.judge(answer)? {
                    None => return Ok(Asked::Answer(into_answer(attempt)?)),
                    Some(verdict) => verdict,
                },
                Attempt::Failed(reason) => (Action::Retry, reason.clone(), None),
                Attempt::TooLarge(rule) => (Action::Shrink, rule.clone(), None),
            };
            let message = self.redact(&format!("{what}: {message}"));
            match action {
                Action::Empty => return Ok(Asked::Empty),
                Action::Skip => return Ok(Asked::Skipped(message)),
                Action::Refresh if !renewed && self.login.forget(generation) => renewed = true,
                Action::Refresh | Action::Fail => return Err(Fault::Stream(message)),
                Action::Shrink => shrink(values, next.is_some(), &message)?,
                Action::Retry => self.pause(&mut tries, message, asked_wait)?,
            }
        }
    }

    /// Waits before a request is tried again: as long as the source asks for, or longer each time.
    ///
    /// # Errors
    /// If it was tried often enough, or is to be left alone for longer than a run may wait.
    fn pause(&self, tries: &mut u32, message: String, asked: Option<Duration>) -> Result<(), Fault> {
        let busy = |text: String, wait: Duration| {
            Fault::Busy(format!("{text}; it asks to be left alone for {} s", wait.as_secs()), wait)
        };
        if *tries >= self.retries {
            let text = if *tries == 0 { message } else { format!("{message}; asked {} times", *tries + 1) };
            return Err(match asked {
                Some(wait) => busy(text, wait),
                None => Fault::Source(text),
            });
        }
        *tries += 1;
        let pause = asked.unwrap_or_else(|| wait::backoff(*tries));
        if pause > MAX_WAIT {
            return Err(busy(message, pause));
        }
        tracing::debug!(source = self.source.name, "{message}; asking again in {pause:?}");
        if self.stop.wait(pause) { Ok(()) } else { Err(Fault::Stopped) }
    }

    /// One attempt, and how messages call it.
    fn attempt(&self, request: &Request, values: &Values, next: Option<&Url>) -> Result<(Attempt, String), Fault> {
        let url = match next {
            Some(url) => url.clone(),
            None => self.url(request, values)?,
        };
        let what = format!("{} {}", request.method, self.quote(&shown(&url)));
        let attempt = match self.stop.run(self.send(request, values, url)) {
            None => return Err(Fault::Stopped),
            Some(Ok(answer)) => Attempt::Answered(answer),
            Some(Err(Sending::Failed(reason))) => Attempt::Failed(reason),
            Some(Err(Sending::TooLarge(rule))) => Attempt::TooLarge(rule),
            Some(Err(Sending::Hopeless(reason))) => {
                return Err(Fault::Stream(self.redact(&format!("{what}: {reason}"))));
            }
        };
        Ok((attempt, what))
    }

    /// The address of a request.
    fn url(&self, request: &Request, values: &Values) -> Result<Url, Fault> {
        let path = request
            .path
            .fill(values, percent_encoded)
            .ok_or_else(|| Fault::Stream("a placeholder of the path has no value".into()))?;
        let mut url = self.source.url.clone();
        url.set_path(&format!("{}{}", self.source.url.path().trim_end_matches('/'), path));
        if !url.path().starts_with(self.source.url.path()) {
            return Err(Fault::Stream(format!("the path {path} leaves the source's address")));
        }
        let mut params = Vec::new();
        for (name, text) in &request.params {
            let value = text.fill(values).map_err(|rule| Fault::Stream(format!("params.{name}: {rule}")))?;
            params.extend(value.map(|value| (name, value)));
        }
        if !params.is_empty() {
            url.query_pairs_mut().extend_pairs(params);
        }
        Ok(url)
    }

    async fn send(&self, request: &Request, values: &Values, mut url: Url) -> Result<Answer, Sending> {
        let hopeless = |part: &str, rule: String| Sending::Hopeless(format!("{part}: {rule}"));
        let mut headers = HeaderMap::new();
        for (name, text) in &request.headers {
            if let Some(value) = text.fill(values).map_err(|rule| hopeless(name, rule))? {
                let name: reqwest::header::HeaderName =
                    name.parse().map_err(|_| hopeless(name, "no name of a header".into()))?;
                headers.insert(
                    name,
                    value.parse().map_err(|_| hopeless("headers", "a value is no text of a header".into()))?,
                );
            }
        }
        self.login.prove(&self.source, values, &mut headers, &mut url).map_err(|rule| hopeless("auth", rule))?;
        let mut builder = match request.method {
            Method::Get => self.http.get(url.clone()),
            Method::Post => self.http.post(url.clone()),
        };
        if let Some(program) = &request.body {
            let body = program.run(&values.to_json()).map_err(|rule| hopeless("body", rule))?;
            let body = body.into_iter().next().unwrap_or_default().to_string();
            headers.insert("content-type", reqwest::header::HeaderValue::from_static("application/json"));
            builder = builder.body(body);
        } else if request.method == Method::Post {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, text) in &request.form {
                if let Some(value) = text.fill(values).map_err(|rule| hopeless(name, rule))? {
                    form.append_pair(name, &value);
                }
            }
            let kind = reqwest::header::HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert("content-type", kind);
            builder = builder.body(form.finish());
        }
        let accept = reqwest::header::HeaderValue::from_static("application/json");
        headers.entry("accept").or_insert(accept);
        let response = builder.headers(headers).send().await.map_err(|error| Sending::Failed(reason(error)))?;
        self.receive(response, url).await
    }

    /// Takes in an answer, as much of it as is allowed.
    async fn receive(&self, mut response: reqwest::Response, url: Url) -> Result<Answer, Sending> {
        let status = response.status();
        let bound = self.source.manifest.budget.max_response;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Sending::Failed(reason(error)))? {
            if bytes.len() + chunk.len() > bound {
                return Err(Sending::TooLarge(format!("the answer is larger than {} MiB", bound >> 20)));
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut headers = Map::new();
        for name in response.headers().keys() {
            let values = response.headers().get_all(name).iter();
            // One that comes several times means the same as one with all of its values (RFC 9110, 5.3).
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            headers.insert(name.as_str().into(), json!(values.join(", ")));
        }
        let body = match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.trim_ascii().is_empty() => Value::Null,
            Err(error) if status.is_success() => {
                let text = String::from_utf8_lossy(&bytes);
                let start = self.quote(&text);
                return Err(Sending::Hopeless(format!("the answer is not JSON ({error}): {start}")));
            }
            Err(_) => json!(self.quote(&String::from_utf8_lossy(&bytes))),
        };
        Ok(Answer { value: json!({"status": status.as_u16(), "headers": headers, "body": body}), url })
    }

    /// What is to be done about an answer, why, and how long the source asks to wait; `None` if it is good.
    fn judge(&self, answer: &Answer) -> Result<Option<(Action, String, Option<Duration>)>, Fault> {
        let value = &answer.value;
        let status = value["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
        let now = self.now();
        for rule in &self.source.manifest.errors {
            if !rule.status.is_empty() && !rule.status.contains(&status) {
                continue;
            }
            let holds = match &rule.when {
                Some(when) => when.holds(value).map_err(|reason| Fault::Stream(format!("errors.when: {reason}")))?,
                None => true,
            };
            if holds {
                let said = rule.message.as_ref().and_then(|message| message.first(value).ok());
                let said = match said {
                    Some(Value::String(text)) => self.quote(&text),
                    Some(Value::Null) | None => self.body_of(value),
                    Some(other) => self.quote(&other.to_string()),
                };
                let pause = wait::asked(&value["headers"], rule.wait.as_deref(), now);
                return Ok(Some((rule.action, format!("answers {status}: {said}"), pause)));
            }
        }
        let action = match status {
            200..=299 => return Ok(None),
            401 => Action::Refresh,
            408 | 425 | 429 | 500 | 502 | 503 | 504 => Action::Retry,
            _ => Action::Fail,
        };
        let to = value["headers"]["location"].as_str().filter(|_| (300..400).contains(&status));
        let said = match to {
            Some(to) => format!("redirects to {}, which is not followed", self.quote(to)),
            None => self.body_of(value),
        };
        Ok(Some((action, format!("answers {status}: {said}"), wait::asked(&value["headers"], None, now))))
    }

    /// The present, by the run's clock.
    fn now(&self) -> Timestamp {
        self.at.plus_millis(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// Waits until a request may be sent.
    fn keep_budget(&self) -> Result<(), Fault> {
        let Some((requests, per)) = self.source.manifest.budget.requests else { return Ok(()) };
        loop {
            let pause = {
                let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
                while sent.front().is_some_and(|first| first.elapsed() >= per) {
                    sent.pop_front();
                }
                match sent.front() {
                    Some(first) if sent.len() >= requests as usize => per.saturating_sub(first.elapsed()),
                    _ => {
                        sent.push_back(Instant::now());
                        return Ok(());
                    }
                }
            };
            if !self.stop.wait(pause) {
                return Err(Fault::Stopped);
            }
        }
    }

    /// Has a session or token at hand where one is needed, asking again for it as for anything else; returns which.
    fn log_in(&self) -> Result<u64, Fault> {
        let mut tries = 0;
        loop {
            let Some(request) = self.login.needed(&self.source, self.now())? else {
                return Ok(self.login.generation());
            };
            self.keep_budget()?;
            let (attempt, what) = self.attempt(&request, &self.values, None)?;
            let said = |rule: String| self.redact(&format!("logging in, {what}: {rule}"));
            let (action, message, asked_wait) = match &attempt {
                Attempt::Answered(answer) => match self.judge(answer)? {
                    None => {
                        let kept = self.login.keep(&self.source, &answer.value, self.now());
                        return kept.map_err(|rule| Fault::Source(said(rule)));
                    }
                    Some(verdict) => verdict,
                },
                Attempt::Failed(reason) => (Action::Retry, reason.clone(), None),
                Attempt::TooLarge(rule) => (Action::Fail, rule.clone(), None),
            };
            match action {
                Action::Retry => self.pause(&mut tries, said(message), asked_wait)?,
                _ => return Err(Fault::Source(said(message))),
            }
        }
    }
}

/// Why sending did not bring an answer.
enum Sending {
    /// It may, another time.
    Failed(String),
    /// Less may.
    TooLarge(String),
    /// It never will.
    Hopeless(String),
}

fn into_answer(attempt: Attempt) -> Result<Answer, Fault> {
    match attempt {
        Attempt::Answered(answer) => Ok(answer),
        Attempt::Failed(reason) | Attempt::TooLarge(reason) => Err(Fault::Source(reason)),
    }
}

/// Asks for half as many from now on.
fn shrink(values: &mut Values, is_link: bool, message: &str) -> Result<(), Fault> {
    let size: u64 = values.get("limit").and_then(|size| size.parse().ok()).unwrap_or(1);
    if size <= 1 || is_link || values.get("page").is_some() {
        return Err(Fault::Stream(format!("{message}; the page cannot be made smaller")));
    }
    values.set("limit", (size / 2).to_string());
    Ok(())
}

fn http(source: &HttpSource) -> Result<reqwest::Client, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let origin = source.url.origin();
    let within = move |attempt: reqwest::redirect::Attempt<'_>| {
        if attempt.url().origin() == origin && attempt.previous().len() <= MAX_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::custom(within))
        .timeout(source.manifest.budget.timeout)
        .connect_timeout(source.manifest.budget.timeout.min(Duration::from_secs(10)))
        .user_agent(concat!("concord/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(reason)
}

/// What an error says, down to its cause, without the address, which may hold a secret.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    quoted(&text, MAX_QUOTED)
}

fn shown(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().into(),
    }
}

/// The start of a text, on one line.
fn quoted(text: &str, most: usize) -> String {
    let mut start: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        start.push('…');
    }
    start
}

/// A value as one segment of a path.
fn percent_encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b',' => text.push(byte.into()),
            // A segment of dots alone would climb.
            b'.' if !matches!(value, "." | "..") => text.push('.'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
