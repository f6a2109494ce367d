//! Proves who asks: by what the request carries, or by a token that is fetched first and renewed.

use super::{
    HttpSource,
    fault::Fault,
    manifest::{Auth, Carry, Method, Request},
    template::{Template, Text, Values},
};
use crate::model::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long before it expires a token is renewed, in milliseconds.
const EARLY: i64 = 30_000;

/// The shortest text that is taken for a secret and blotted out of messages, in bytes.
const MIN_SECRET: usize = 4;

/// What is known of who asks.
pub struct Login(Mutex<State>);

struct State {
    token: Option<Token>,
    /// Grows with every token, so that one that was refused is forgotten once.
    generation: u64,
    /// Everything that must not be shown.
    secrets: Vec<String>,
}

struct Token {
    text: String,
    expires_at: Option<Timestamp>,
}

impl Login {
    /// Nobody has logged in yet; these texts must not be shown.
    pub fn new(secrets: Vec<String>) -> Self {
        let login = Self(Mutex::new(State { token: None, generation: 0, secrets: Vec::new() }));
        secrets.into_iter().for_each(|secret| login.hide(secret));
        login
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A secret is hidden as it is, and as an address would hold it.
    fn hide(&self, secret: String) {
        let mut state = self.state();
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for text in [encoded, secret] {
            if text.len() >= MIN_SECRET && !state.secrets.contains(&text) {
                state.secrets.push(text);
            }
        }
        state.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// A text without any secret in it.
    pub fn redact(&self, text: &str) -> String {
        self.state().secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
    }

    /// Which token is at hand.
    pub fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Forgets a token that was refused; false if there is none to renew. One renewed meanwhile stays.
    pub fn forget(&self, generation: u64) -> bool {
        let mut state = self.state();
        if state.generation == generation && state.token.take().is_none() {
            return false;
        }
        true
    }

    /// The request that fetches a token, if one is needed and none is at hand.
    pub fn needed(&self, source: &HttpSource, now: Timestamp) -> Result<Option<Request>, Fault> {
        let mut state = self.state();
        let is_good = |token: &Token| token.expires_at.is_none_or(|at| at.plus_millis(-EARLY) > now);
        if state.token.as_ref().is_some_and(is_good) {
            return Ok(None);
        }
        state.token = None;
        match source.auth() {
            Some(Auth::Session { login, .. }) => Ok(Some(Request::clone(login))),
            Some(Auth::Oauth2 { path, client_id, client_secret, form }) => {
                let mut all: BTreeMap<String, Text> = BTreeMap::new();
                let grant = Template::parse("client_credentials").map_err(Fault::Source)?;
                for (name, template) in
                    [("grant_type", &grant), ("client_id", client_id), ("client_secret", client_secret)]
                {
                    all.insert(name.into(), Text::Templates(vec![template.clone()]));
                }
                all.extend(form.iter().map(|(name, text)| (name.clone(), Text::Templates(vec![text.clone()]))));
                let (params, headers) = (BTreeMap::new(), BTreeMap::new());
                Ok(Some(Request { method: Method::Post, path: path.clone(), params, headers, form: all, body: None }))
            }
            _ => Ok(None),
        }
    }

    /// Keeps the token an answer holds; returns which it is.
    pub fn keep(&self, source: &HttpSource, answer: &Value, now: Timestamp) -> Result<u64, String> {
        let (token, seconds) = match source.auth() {
            Some(Auth::Session { token, .. }) => (token.first(answer)?, None),
            Some(Auth::Oauth2 { .. }) => {
                let body = &answer["body"];
                let seconds = &body["expires_in"];
                let seconds = seconds.as_i64().or_else(|| seconds.as_str()?.parse().ok());
                (body["access_token"].clone(), seconds)
            }
            _ => return Err("nothing is to be logged in to".into()),
        };
        let text = match token {
            Value::String(text) if !text.is_empty() => text,
            Value::Number(number) => number.to_string(),
            _ => return Err("the answer holds no token".into()),
        };
        self.hide(text.clone());
        let mut state = self.state();
        state.generation += 1;
        let expires_at = seconds.map(|seconds| now.plus_millis(seconds.saturating_mul(1_000)));
        state.token = Some(Token { text, expires_at });
        Ok(state.generation)
    }

    /// Adds to a request what proves who asks. A login in progress carries nothing.
    pub fn prove(
        &self,
        source: &HttpSource,
        values: &Values,
        headers: &mut HeaderMap,
        url: &mut Url,
    ) -> Result<(), String> {
        let Some(auth) = source.auth() else { return Ok(()) };
        let fill = |template: &Template, values: &Values| {
            template.fill(values, str::to_owned).ok_or_else(|| "a secret or a setting it needs has no value".to_owned())
        };
        let token = self.state().token.as_ref().map(|token| token.text.clone());
        match auth {
            Auth::None => Ok(()),
            Auth::Basic { user, password } => {
                let pair = format!("{}:{}", fill(user, values)?, fill(password, values)?);
                let encoded = STANDARD.encode(pair);
                self.hide(encoded.clone());
                secret_header(headers, AUTHORIZATION, &format!("Basic {encoded}"))
            }
            Auth::Bearer { token } => {
                secret_header(headers, AUTHORIZATION, &format!("Bearer {}", fill(token, values)?))
            }
            Auth::Header { name, value } => secret_header(headers, header_name(name)?, &fill(value, values)?),
            Auth::Query { name, value } => {
                set_param(url, name, &fill(value, values)?);
                Ok(())
            }
            Auth::Oauth2 { .. } => match token {
                Some(token) => secret_header(headers, AUTHORIZATION, &format!("Bearer {token}")),
                None => Ok(()),
            },
            Auth::Session { carry, value, .. } => {
                let Some(token) = token else { return Ok(()) };
                let mut values = values.clone();
                values.set("session", token);
                let value = fill(value, &values)?;
                match carry {
                    Carry::Header(name) => secret_header(headers, header_name(name)?, &value),
                    Carry::Param(name) => {
                        set_param(url, name, &value);
                        Ok(())
                    }
                }
            }
        }
    }
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    name.parse().map_err(|_| format!("`{name}` is not the name of a header"))
}

fn secret_header(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), String> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| format!("what goes into the header {name} is no text of a header"))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Puts a parameter into an address, instead of one it may have.
fn set_param(url: &mut Url, name: &str, value: &str) {
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(found, _)| found != name).map(|(a, b)| (a.into(), b.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
}
