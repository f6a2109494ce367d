//! Cases of webhooks: what verifies a delivery and what does not, what is made of it, and what is wrong with a manifest.

use crate::harness::cases;
use aws_lc_rs::hmac;
use concord::{
    connectors::{Connectors, Incoming, Source, SourceSettings, Stop},
    embedded,
    error::{Error, Result},
    model::{RecordKind, Timestamp},
};
use data_encoding::{BASE64, HEXLOWER};
use std::fs;
use tempfile::TempDir;

cases![
    every_form_of_signature_is_verified,
    standard_webhooks_are_verified,
    a_secret_that_is_none_is_named_not_shown,
    shared_secrets_are_verified,
    times_outside_the_window_are_refused,
    deliveries_have_names,
    routes_make_records_and_tombstones,
    what_cannot_be_mapped_says_why,
    mistakes_in_a_manifest_are_named,
    without_a_secret_none_are_taken,
];

const BODY: &[u8] = br#"{"event": "updated", "data": {"id": 7, "title": "Flood"}}"#;
const KEY: &str = "a secret of the source";
const RISKS: &str = "title = \"x\"\nprotocol = \"webhook\"\n[streams.risks]\nemit = \"risk\"\nmapping = \"risks.jq\"\n[streams.gone]\nemit = \"tombstones\"\nmapping = \"gone.jq\"\n";
const ROUTE: &str = "[[webhook.routes]]\nstream = \"risks\"\nselect = \".data\"\n";

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// Opens a source of the connector `webhook` with this `[webhook]`, verified by this secret.
fn open(webhook: &str, secret: Option<&str>) -> Result<(TempDir, Source)> {
    let folder = TempDir::with_prefix("concord-").expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    write("manifest.toml", &format!("{RISKS}[webhook]\n{webhook}"));
    write("risks.jq", "{external_id: .id, title, updated_at}");
    write("gone.jq", "{kind: \"risk\", external_id: .id}");
    let mut settings = SourceSettings::in_folder("webhook", folder.path());
    if let Some(secret) = secret {
        write("secret", &format!("{secret}\n"));
        let reference = format!("file:{}", folder.path().join("secret").display());
        settings.webhook_secret = Some(reference.parse().expect("a reference"));
    }
    let connectors = Connectors::parse(&embedded::connectors()).expect("the connectors are valid");
    connectors.open("desk", &settings).map(|source| (folder, source))
}

/// Hands a delivery with these headers to a source.
fn accept(source: &Source, headers: &[(&str, &str)], body: &[u8]) -> Result<Option<String>> {
    let header = |name: &str| {
        headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| (*value).to_owned())
    };
    source.hook().expect("a webhook").accept(&Incoming { header: &header, body }, now())
}

fn refused(outcome: Result<Option<String>>) -> String {
    match outcome {
        Err(Error::Unauthenticated(reason)) => reason,
        other => panic!("it is not refused: {other:?}"),
    }
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), &parts.concat()).as_ref().to_vec()
}

fn every_form_of_signature_is_verified() {
    let digests =
        [("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("sha256", hmac::HMAC_SHA256), ("sha512", hmac::HMAC_SHA512)];
    for (digest, algorithm) in digests {
        for encoding in ["hex", "base64"] {
            for (signed, parts) in [
                ("body", [BODY, b""]),
                ("body+timestamp", [BODY, b"1772366400"]),
                ("timestamp+body", [b"1772366400".as_slice(), BODY]),
            ] {
                for prefix in ["", "v="] {
                    let timestamp = if signed == "body" { "" } else { ", timestamp_header = \"X-Time\"" };
                    let verify = format!(
                        "verify = {{ type = \"hmac\", digest = \"{digest}\", encoding = \"{encoding}\", header = \"X-Signature\", prefix = \"{prefix}\", signed = \"{signed}\"{timestamp} }}\n{ROUTE}"
                    );
                    let (_folder, source) = open(&verify, Some(KEY)).expect("the manifest is valid");
                    let written = |bytes: &[u8]| {
                        prefix.to_owned()
                            + &if encoding == "hex" { HEXLOWER.encode(bytes) } else { BASE64.encode(bytes) }
                    };
                    let right = written(&sign(algorithm, KEY.as_bytes(), &parts));
                    let try_with = |signature: &str, time: &str, body: &[u8]| {
                        accept(&source, &[("x-signature", signature), ("x-time", time)], body)
                    };
                    let about = format!("{digest} {encoding} {signed} {prefix}");
                    assert!(try_with(&right, "1772366400", BODY).is_ok(), "{about}");
                    if encoding == "hex" {
                        let upper = prefix.to_owned() + &right[prefix.len()..].to_uppercase();
                        assert!(try_with(&upper, "1772366400", BODY).is_ok(), "{about} in capitals");
                    }
                    let other = written(&sign(algorithm, b"another secret", &parts));
                    let mut changed = BODY.to_vec();
                    changed[3] ^= 1;
                    for (signature, time, body) in [
                        (other.as_str(), "1772366400", BODY),
                        (&right[..right.len() - 4], "1772366400", BODY),
                        ("", "1772366400", BODY),
                        ("not a signature", "1772366400", BODY),
                        (&right, "1772366400", &changed),
                        (&right, "1772366400", b""),
                    ] {
                        refused(try_with(signature, time, body));
                    }
                    if signed != "body" {
                        refused(try_with(&right, "1772366401", BODY));
                    }
                    refused(accept(&source, &[], BODY));
                }
            }
        }
    }
}

fn standard_webhooks_are_verified() {
    // The example of the specification's own libraries: secret, id, time, content and signature.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = br#"{"test": 2432232314}"#;
    let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let window = |seconds: &str| format!("verify = {{ type = \"standard_webhooks\"{seconds} }}\n{ROUTE}");
    let (_folder, source) = open(&window(""), Some(secret)).expect("the manifest is valid");
    let with = |signature: &str, time: &str| {
        accept(&source, &[("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)], body)
    };
    // The signature is right: it is the time that is refused, five years later.
    assert!(refused(with(signature, time)).contains("more than 300 seconds"));
    assert!(refused(with("v1,AAAA", time)).contains("does not fit"));
    let now = (now().millis() / 1_000).to_string();
    let key = BASE64.decode(&secret.as_bytes()["whsec_".len()..]).expect("base64");
    let fresh = sign(hmac::HMAC_SHA256, &key, &[id.as_bytes(), b".", now.as_bytes(), b".", body]);
    let fresh = format!("v1,{}", BASE64.encode(&fresh));
    assert_eq!(with(&fresh, &now).expect("it is verified").as_deref(), Some(id));
    assert!(with(&format!("v1a,xyz v1,AAAA {fresh}"), &now).is_ok(), "one of several is enough");
    refused(with(&fresh.replace("v1,", "v2,"), &now));
    refused(accept(&source, &[("webhook-timestamp", &now), ("webhook-signature", &fresh)], body));
    // Whoever knows that there is no key could sign with none.
    let (_folder, source) = open(&window(""), Some("whsec_")).expect("the manifest is valid");
    let keyless = sign(hmac::HMAC_SHA256, b"", &[id.as_bytes(), b".", now.as_bytes(), b".", body]);
    let keyless = format!("v1,{}", BASE64.encode(&keyless));
    let headers = [("webhook-id", id), ("webhook-timestamp", &now), ("webhook-signature", &keyless)];
    assert!(matches!(accept(&source, &headers, body), Err(Error::Unavailable(_))));
}

fn a_secret_that_is_none_is_named_not_shown() {
    let webhook = format!("verify = {{ type = \"standard_webhooks\" }}\n{ROUTE}");
    for (secret, is_one) in [("whsec_", false), ("whsec_n0t-base64", false), ("QUJD", true), ("QUJ", false)] {
        let (_folder, source) = open(&webhook, Some(secret)).expect("the manifest is valid");
        assert_eq!(source.look().is_ok(), is_one, "{secret}");
        match source.check(now(), &Stop::default()) {
            Ok(looked) => assert!(looked.iter().all(|one| !one.asked && one.record.is_none())),
            Err(error) => {
                let said = error.to_string();
                assert!(said.starts_with("sources.desk.webhook_secret: what is at file:/"), "{said}");
                assert!(said.ends_with("/secret is not of the form whsec_BASE64"), "{said}");
            }
        }
    }
}

fn shared_secrets_are_verified() {
    let (_folder, source) = open(&format!("verify = {{ type = \"bearer\" }}\n{ROUTE}"), Some(KEY)).expect("valid");
    assert!(accept(&source, &[("Authorization", &format!("bearer {KEY}"))], BODY).is_ok());
    for header in ["Bearer wrong", "Bearer", KEY, &format!("Basic {KEY}"), &format!("Bearer {KEY}x")] {
        refused(accept(&source, &[("Authorization", header)], BODY));
    }
    let own = format!("verify = {{ type = \"bearer\", header = \"X-Token\" }}\n{ROUTE}");
    let (_folder, source) = open(&own, Some(KEY)).expect("valid");
    assert!(accept(&source, &[("x-token", KEY)], BODY).is_ok());
    refused(accept(&source, &[("Authorization", &format!("Bearer {KEY}"))], BODY));
}

fn times_outside_the_window_are_refused() {
    let verify = format!(
        "verify = {{ type = \"hmac\", digest = \"sha256\", header = \"S\", signed = \"timestamp+body\", timestamp_header = \"T\", window = 60 }}\n{ROUTE}"
    );
    let (_folder, source) = open(&verify, Some(KEY)).expect("valid");
    let with = |time: &str| {
        let signature = HEXLOWER.encode(&sign(hmac::HMAC_SHA256, KEY.as_bytes(), &[time.as_bytes(), BODY]));
        accept(&source, &[("S", &signature), ("T", time)], BODY)
    };
    let seconds = now().millis() / 1_000;
    for near in [seconds, seconds - 60, seconds + 60, now().millis()] {
        assert!(with(&near.to_string()).is_ok(), "{near}");
    }
    assert!(with("2026-03-01T12:00:30Z").is_ok());
    for far in [seconds - 61, seconds + 61, 0, i64::MIN, i64::MAX] {
        refused(with(&far.to_string()));
    }
    refused(with("yesterday"));
}

fn deliveries_have_names() {
    let named = |by: &str, headers: &[(&str, &str)], body: &[u8]| {
        let webhook = format!("verify = {{ type = \"bearer\" }}\n{by}\n{ROUTE}");
        let (_folder, source) = open(&webhook, Some(KEY)).expect("valid");
        let authorization = format!("Bearer {KEY}");
        let headers = [headers, &[("Authorization", authorization.as_str())]].concat();
        accept(&source, &headers, body).expect("it is verified")
    };
    assert_eq!(named("", &[], BODY), None);
    let header = "delivery_id = { header = \"X-Delivery\" }";
    assert_eq!(named(header, &[("x-delivery", "d-1")], BODY).as_deref(), Some("d-1"));
    assert_eq!(named(header, &[], BODY), None);
    let inside = "delivery_id = \".request.id\"";
    assert_eq!(named(inside, &[], br#"{"request": {"id": 12}}"#).as_deref(), Some("12"));
    assert_eq!(named(inside, &[], BODY), None);
    assert_eq!(named(inside, &[], b"no JSON"), None);
}

const ROUTES: &str = "verify = { type = \"bearer\" }\n\
    [[webhook.routes]]\nwhen = '.event == \"updated\"'\nstream = \"risks\"\nselect = \".data\"\n\
    [[webhook.routes]]\nwhen = '.event == \"many\"'\nstream = \"risks\"\nselect = \".data[]\"\n\
    [[webhook.routes]]\nwhen = '.event == \"deleted\"'\nstream = \"risks\"\nselect = \".data\"\ndeleted = true\ntime = \".at\"\n\
    [[webhook.routes]]\nwhen = '.event == \"purged\"'\nstream = \"gone\"\ntime = \".at\"\n\
    [[webhook.routes]]\nwhen = '.event == \"ping\"'\nignore = true\n";

fn routes_make_records_and_tombstones() {
    let (_folder, source) = open(ROUTES, Some(KEY)).expect("valid");
    let map = |body: &str| source.map_delivery(body.as_bytes(), now()).expect("it is mapped");
    let updated = map(r#"{"event": "updated", "data": {"id": 7, "title": "Flood"}}"#);
    assert_eq!(source.streams()[updated[0].stream].name(), "risks");
    let version = &updated[0].version;
    assert_eq!((version.external_id.as_str(), version.source_updated_at, version.undated), ("7", now(), true));
    let many = map(r#"{"event": "many", "data": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]}"#);
    assert_eq!(many.iter().map(|one| one.version.external_id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let deleted = map(
        r#"{"event": "deleted", "at": "2026-02-01T00:00:00Z", "data": {"id": 7, "title": "Flood", "updated_at": "2026-01-01"}}"#,
    );
    let version = &deleted[0].version;
    assert_eq!((version.deleted, version.source_updated_at.to_string().as_str()), (true, "2026-02-01T00:00:00.000Z"));
    let purged = map(r#"{"event": "purged", "at": 1769904000, "id": 7}"#);
    let version = &purged[0].version;
    assert_eq!((version.deleted, version.body.kind()), (true, RecordKind::Risk));
    assert_eq!(version.source_updated_at.to_string(), "2026-02-01T00:00:00.000Z");
    assert!(map(r#"{"event": "ping"}"#).is_empty());
}

fn what_cannot_be_mapped_says_why() {
    let (_folder, source) = open(ROUTES, Some(KEY)).expect("valid");
    for (body, part) in [
        ("no JSON", "not JSON"),
        (r#"{"event": "other"}"#, "no route"),
        (r#"{"event": "updated", "data": {"title": "Flood"}}"#, "external_id"),
        (r#"{"event": "updated", "data": {"id": 7, "title": 3}}"#, "route 1: field `title`"),
        (r#"{"event": "deleted", "at": "yesterday", "data": {"id": 7}}"#, "`time`"),
        (r#"{"event": "many", "data": [{"id": 1, "title": "a"}, {"title": "b"}]}"#, "external_id"),
        (r#"[1, 2]"#, "route 1"),
    ] {
        let reason = source.map_delivery(body.as_bytes(), now()).expect_err(body);
        assert!(reason.contains(part), "{body}: {reason}");
    }
    let deep = "[".repeat(100_000);
    assert!(source.map_delivery(deep.as_bytes(), now()).is_err());
}

fn mistakes_in_a_manifest_are_named() {
    let hmac =
        |keys: &str| format!("verify = {{ type = \"hmac\", digest = \"sha256\", header = \"S\"{keys} }}\n{ROUTE}");
    for (webhook, key, part) in [
        (ROUTE.to_owned(), "webhook", "verify"),
        (format!("verify = {{ type = \"hmax\" }}\n{ROUTE}"), "webhook.verify.type", "did you mean `hmac`?"),
        (format!("verify = {{ }}\n{ROUTE}"), "webhook.verify.type", "missing"),
        (format!("verify = {{ type = \"hmac\" }}\n{ROUTE}"), "webhook.verify", "digest"),
        (hmac(", colour = \"red\""), "webhook.verify.colour", "unknown"),
        (hmac("").replace("sha256", "md5"), "webhook.verify.digest", "sha512"),
        (hmac(", encoding = \"hexx\""), "webhook.verify.encoding", "did you mean `hex`?"),
        (hmac(", signed = \"body+timestamp\""), "webhook.verify.timestamp_header", "missing"),
        (hmac(", timestamp_header = \"T\""), "webhook.verify.timestamp_header", "proves nothing"),
        (hmac(", window = 5"), "webhook.verify.window", "no signed timestamp"),
        (
            hmac(", window = 0, signed = \"body+timestamp\", timestamp_header = \"T\""),
            "webhook.verify.window",
            "1 to 86400",
        ),
        (hmac("").replace("\"S\"", "\"S T\""), "webhook.verify.header", "not the name of a header"),
        ("verify = { type = \"bearer\" }\n".into(), "webhook.routes", "there are none"),
        (ROUTES.replace("\"gone\"", "\"risk\""), "webhook.routes[3].stream", "did you mean `risks`?"),
        (ROUTES.replace("ignore = true", ""), "webhook.routes[4].stream", "ignore"),
        (ROUTES.replace("ignore = true", "ignore = true\nstream = \"risks\""), "webhook.routes[4].ignore", "both"),
        (ROUTES.replace(".data[]", ".data["), "webhook.routes[1].select", "expected"),
        (ROUTES.replace("time = \".at\"", "time = \"now\""), "webhook.routes[2].time", "not available"),
    ] {
        let Err(Error::Invalid(problems)) = open(&webhook, Some(KEY)) else { panic!("{webhook} is taken") };
        let named = problems.iter().any(|problem| {
            problem.place.contains("manifest.toml: ") && problem.place.contains(key) && problem.rule.contains(part)
        });
        assert!(named, "no {key} … {part} in {problems:?}");
    }
}

fn without_a_secret_none_are_taken() {
    let Err(Error::Invalid(problems)) = open(ROUTES, None) else { panic!("it is taken") };
    assert_eq!(problems[0].place, "sources.desk.webhook_secret");
    let (folder, source) = open(ROUTES, Some(KEY)).expect("valid");
    fs::remove_file(folder.path().join("secret")).expect("it is removed");
    let unavailable = accept(&source, &[], BODY).expect_err("there is no secret");
    assert!(matches!(unavailable, Error::Unavailable(_)), "{unavailable}");
}
