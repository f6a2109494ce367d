//! The form of `[webhook]` in a manifest, and what is wrong with one.

use super::{
    DeliveryId, Route, Target, Webhook, takes_rows,
    verify::{Digest, Encoding, Signature, Signed, Verify},
};
use crate::{
    connectors::{Stream, http::Expression, manifest::Check},
    error::did_you_mean,
};
use serde::Deserialize;
use std::str::FromStr;

/// How far the time of a delivery of Standard Webhooks may be from ours unless the manifest says otherwise, in seconds.
const USUAL_WINDOW: i64 = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookText {
    verify: toml::Table,
    delivery_id: Option<DeliveryIdText>,
    #[serde(default)]
    routes: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DeliveryIdText {
    Expression(String),
    Header { header: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteText {
    when: Option<String>,
    stream: Option<String>,
    select: Option<String>,
    time: Option<String>,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    ignore: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HmacText {
    #[serde(rename = "type")]
    _type: String,
    digest: String,
    header: String,
    encoding: Option<String>,
    #[serde(default)]
    prefix: String,
    signed: Option<String>,
    timestamp_header: Option<String>,
    window: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardText {
    #[serde(rename = "type")]
    _type: String,
    window: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BearerText {
    #[serde(rename = "type")]
    _type: String,
    header: Option<String>,
}

/// Reads `[webhook]`; what is wrong goes to the check.
pub fn read(check: &mut Check<'_>, table: toml::Table, streams: &[Stream]) -> Option<Webhook> {
    let text: WebhookText = check.read("webhook", table)?;
    let verify = verify(check, text.verify);
    let delivery_id = match text.delivery_id {
        None if matches!(verify, Some(Verify::StandardWebhooks { .. })) => {
            Some(DeliveryId::Header("webhook-id".into()))
        }
        None => None,
        Some(DeliveryIdText::Header { header }) => {
            header_name(check, "webhook.delivery_id.header", &header);
            Some(DeliveryId::Header(header))
        }
        Some(DeliveryIdText::Expression(text)) => {
            Some(DeliveryId::Body(expression(check, "webhook.delivery_id", &text)?))
        }
    };
    if text.routes.is_empty() {
        check.wrong("webhook.routes", "there are none; a webhook needs at least one `[[webhook.routes]]`");
    }
    let routes = text.routes.into_iter().enumerate();
    let routes = routes.filter_map(|(position, table)| {
        let key = format!("webhook.routes[{position}]");
        let text = check.read(&key, table)?;
        route(check, &key, text, streams)
    });
    let routes = routes.collect();
    Some(Webhook { verify: verify?, delivery_id, routes })
}

fn verify(check: &mut Check<'_>, table: toml::Table) -> Option<Verify> {
    let key = "webhook.verify";
    match table.get("type").and_then(toml::Value::as_str) {
        Some("hmac") => check.read(key, table).and_then(|text| hmac(check, text)),
        Some("standard_webhooks") => {
            let text: StandardText = check.read(key, table)?;
            let window = window(check, text.window).unwrap_or(USUAL_WINDOW);
            Some(Verify::StandardWebhooks { window })
        }
        Some("bearer") => {
            let text: BearerText = check.read(key, table)?;
            if let Some(header) = &text.header {
                header_name(check, "webhook.verify.header", header);
            }
            Some(Verify::Bearer { header: text.header })
        }
        Some(other) => {
            let types = ["hmac", "standard_webhooks", "bearer"];
            let near = did_you_mean(other, types);
            check.wrong("webhook.verify.type", format!("`{other}` is not one of {}{near}", types.join(", ")));
            None
        }
        None => {
            check.wrong("webhook.verify.type", "missing: hmac, standard_webhooks or bearer");
            None
        }
    }
}

fn hmac(check: &mut Check<'_>, text: HmacText) -> Option<Verify> {
    let digest: Option<Digest> = check.name("webhook.verify.digest", &text.digest);
    let encoding = or_usual(check, "webhook.verify.encoding", text.encoding.as_deref(), Encoding::Hex);
    let signed = or_usual(check, "webhook.verify.signed", text.signed.as_deref(), Signed::Body);
    header_name(check, "webhook.verify.header", &text.header);
    let is_signed = signed != Some(Signed::Body);
    match &text.timestamp_header {
        Some(header) => {
            header_name(check, "webhook.verify.timestamp_header", header);
            if !is_signed {
                let rule = "`signed` does not name the timestamp, so it proves nothing; take one of the two out or in";
                check.wrong("webhook.verify.timestamp_header", rule);
            }
        }
        None if is_signed => {
            check.wrong("webhook.verify.timestamp_header", "missing: `signed` names a timestamp, which is in a header");
        }
        None if text.window.is_some() => {
            check.wrong("webhook.verify.window", "there is no signed timestamp that could lie within it");
        }
        None => {}
    }
    Some(Verify::Hmac(Signature {
        digest: digest?,
        encoding: encoding?,
        header: text.header,
        prefix: text.prefix,
        signed: signed?,
        timestamp_header: text.timestamp_header,
        window: window(check, text.window),
    }))
}

fn window(check: &mut Check<'_>, window: Option<i64>) -> Option<i64> {
    if window.is_some_and(|seconds| !(1..=86_400).contains(&seconds)) {
        check.wrong("webhook.verify.window", "a whole number of seconds from 1 to 86400 is expected");
    }
    window
}

fn or_usual<T: FromStr<Err = String>>(check: &mut Check<'_>, key: &str, text: Option<&str>, usual: T) -> Option<T> {
    text.map_or(Some(usual), |text| check.name(key, text))
}

fn header_name(check: &mut Check<'_>, key: &str, name: &str) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        check.wrong(key, format!("`{}` is not the name of a header", name.escape_debug()));
    }
}

fn route(check: &mut Check<'_>, key: &str, text: RouteText, streams: &[Stream]) -> Option<Route> {
    let mut compile = |name: &str, text: Option<String>| match text {
        None => Some(None),
        Some(text) => expression(check, &format!("{key}.{name}"), &text).map(Some),
    };
    let (when, select, time) = (compile("when", text.when), compile("select", text.select), compile("time", text.time));
    let to = match (text.stream, text.ignore) {
        (None, true) => None,
        (Some(stream), false) => {
            match streams.iter().find(|candidate| candidate.name() == stream) {
                Some(found) if takes_rows(found) => {}
                Some(_) => {
                    check.wrong(&format!("{key}.stream"), "this stream only gives keys; nothing becomes of its rows")
                }
                None if check.has_stream(&stream) => {}
                None => {
                    let near = did_you_mean(&stream, streams.iter().map(Stream::name));
                    check.wrong(&format!("{key}.stream"), format!("there is no stream `{stream}`{near}"));
                }
            }
            Some(Target { stream, select: select?, deleted: text.deleted, time: time? })
        }
        (Some(_), true) => {
            check.wrong(&format!("{key}.ignore"), "a delivery goes to a stream or is ignored, not both");
            return None;
        }
        (None, false) => {
            check.wrong(&format!("{key}.stream"), "missing: the stream the delivery goes to, or `ignore = true`");
            return None;
        }
    };
    Some(Route { when: when?, to })
}

fn expression(check: &mut Check<'_>, key: &str, text: &str) -> Option<Expression> {
    Expression::compile(&check.place(key), text).map_err(|problems| check.extend(problems)).ok()
}
