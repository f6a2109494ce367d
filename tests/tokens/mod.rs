//! Cases of `concord::tokens`: what is signed with the right key is still refused if anything else is wrong.

use crate::harness::cases;
use concord::{
    error::Error,
    tokens::{Permission, TokenSettings, Tokens},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

cases![only_what_was_agreed_is_accepted, admin_gives_all_but_what_is_given_by_name, a_key_is_made_once];

const KEY: [u8; 64] = [42; 64];

fn tokens(folder: &TempDir) -> Tokens {
    let key_file = folder.path().join("key");
    fs::write(&key_file, KEY).expect("a file is written");
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).expect("the mode is set");
    open(folder)
}

fn open(folder: &TempDir) -> Tokens {
    let key_file = folder.path().join("key");
    Tokens::open(&TokenSettings { issuer: "concord".into(), audience: "concord".into(), key_file }).expect("a key")
}

fn only_what_was_agreed_is_accepted() {
    let folder = TempDir::new().expect("a folder");
    let tokens = tokens(&folder);
    let claims = |changes: Value| {
        let mut claims = json!({"iss": "concord", "aud": "concord", "sub": "me", "iat": 0, "exp": 4_000_000_000_u64, "scope": "admin"});
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        claims
    };
    let verify = |algorithm: Algorithm, changes: Value| {
        let key = EncodingKey::from_secret(&KEY);
        tokens.verify(&encode(&Header::new(algorithm), &claims(changes), &key).expect("a token"))
    };
    assert_eq!(verify(Algorithm::HS256, json!({})).expect("it is valid").subject, "me");
    for (algorithm, changes, reason) in [
        (Algorithm::HS384, json!({}), "HS256"),
        (Algorithm::HS512, json!({}), "HS256"),
        (Algorithm::HS256, json!({"iss": "other"}), "issuer"),
        (Algorithm::HS256, json!({"aud": "other"}), "audience"),
        (Algorithm::HS256, json!({"exp": 1}), "expired"),
        (Algorithm::HS256, json!({"exp": null}), "not valid"),
        (Algorithm::HS256, json!({"aud": null}), "not valid"),
        (Algorithm::HS256, json!({"iss": null}), "not valid"),
        (Algorithm::HS256, json!({"sub": null}), "not valid"),
    ] {
        match verify(algorithm, changes.clone()) {
            Err(Error::Unauthenticated(text)) => assert!(text.contains(reason), "{changes}: {text}"),
            other => panic!("{algorithm:?} {changes}: {other:?}"),
        }
    }
}

fn admin_gives_all_but_what_is_given_by_name() {
    let folder = TempDir::new().expect("a folder");
    let tokens = tokens(&folder);
    let bearer = tokens.verify(&tokens.issue("me", &[Permission::Admin], 60).expect("a token")).expect("it is valid");
    for permission in Permission::ALL {
        let by_name = [Permission::IncidentsRestricted, Permission::StandardsText].contains(permission);
        assert_eq!(bearer.may(*permission), !by_name, "{permission}");
    }
}

fn a_key_is_made_once() {
    let folder = TempDir::new().expect("a folder");
    let token = open(&folder).issue("me", &[Permission::Admin], 60).expect("a token");
    assert_eq!(fs::metadata(folder.path().join("key")).expect("the key").permissions().mode() & 0o777, 0o600);
    assert!(open(&folder).verify(&token).is_ok(), "the same key is read again");
    let other = TempDir::new().expect("a folder");
    assert!(open(&other).verify(&token).is_err(), "another folder has another key");
}
