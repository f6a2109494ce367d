//! Checks a manifest of the protocol `http` as a whole: every rule it breaks is named with its key.

use super::{
    HttpManifest, HttpStream,
    expression::Expression,
    form::{
        AuthText, BudgetText, CursorText, ErrorText, HttpText, PaginateText, ParentText, ProgramText, ReconcileText,
        RequestText, StatusText, StreamText, ValueText,
    },
    manifest::{
        Auth, Budget, By, Carry, Cursor, CursorFrom, ErrorRule, Format, Method, Paginate, Parent, Request, Setting,
    },
    template::{Template, Text},
};
use crate::connectors::{
    Mapping, Reconcile,
    manifest::{Check, Emit, Reach, Rows, Stream},
    zone,
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

const DEFAULT_SIZE: u64 = 100;
const DEFAULT_MAX_PAGES: u64 = 100_000;
const MAX_RESPONSE_MIB: usize = 256;

/// What streams take over from the top of the manifest.
struct Defaults {
    request: RequestText,
    select: Option<String>,
    paginate: Option<PaginateText>,
    /// All of these as they are written.
    text: String,
    sample_source: serde_json::Value,
}

impl Check<'_> {
    /// Reads the keys of the protocol and its streams.
    pub(in crate::connectors) fn http(
        &mut self,
        rest: toml::Table,
        streams: BTreeMap<String, toml::Table>,
        own_streams: bool,
    ) -> (Vec<Stream>, Option<HttpManifest>) {
        let shared = ["request", "select", "paginate"].map(|key| rest.get(key).map(ToString::to_string));
        let Some(text) = self.read::<HttpText>("", rest) else { return (Vec::new(), None) };
        let time_zone = text.time_zone.as_deref().unwrap_or("UTC");
        let time_zone = zone::zone(time_zone).unwrap_or_else(|rule| {
            self.wrong("time_zone", rule);
            chrono_tz::UTC
        });
        let settings: BTreeMap<String, Setting> =
            text.settings.into_iter().map(|(name, text)| (name, Setting::from(text))).collect();
        let given: serde_json::Map<_, _> =
            settings.iter().map(|(name, setting)| (name.clone(), json!(setting.default))).collect();
        let defaults = Defaults {
            request: text.request,
            select: text.select,
            paginate: text.paginate,
            text: format!("{shared:?}"),
            sample_source: json!({"name": "sample", "url": "https://system.example", "time_zone": time_zone.name(),
                "settings": given}),
        };
        let written = (streams.len(), text.auth.len(), text.check.is_some());
        let auth = text.auth.into_iter().filter_map(|(name, text)| {
            let auth = self.auth(&format!("auth.{name}"), text)?;
            Some((name, auth))
        });
        let manifest = HttpManifest {
            auth: auth.collect(),
            time_zone,
            settings,
            secrets: text.secrets,
            errors: text.errors.into_iter().enumerate().filter_map(|(i, text)| self.error(i, text)).collect(),
            budget: self.budget(text.budget),
            check: text.check.and_then(|text| self.request("check", &text, &RequestText::default())),
            origins: self.origins(text.origins),
        };
        if !own_streams {
            return (Vec::new(), Some(manifest));
        }
        let streams: Vec<Stream> =
            streams.into_iter().filter_map(|(name, table)| self.http_stream(name, table, &defaults)).collect();
        let is_whole = written == (streams.len(), manifest.auth.len(), manifest.check.is_some())
            && !["auth", "check", "request"].iter().any(|key| self.lacks(key));
        self.parents(&streams, is_whole);
        self.placeholders(&manifest, &streams, is_whole);
        (streams, Some(manifest))
    }

    fn http_stream(&mut self, name: String, table: toml::Table, defaults: &Defaults) -> Option<Stream> {
        let place = format!("streams.{name}");
        let key = |field: &str| format!("{place}.{field}");
        let version = Mapping::digest(&format!("{} {table}", defaults.text));
        let text: StreamText = self.read(&place, table)?;
        let parts = ["request", "select", "paginate", "cursor", "parent", "reconcile"];
        let is_whole = !parts.iter().any(|part| self.lacks(part) || self.lacks(&key(part)));
        let emit = match text.emit.as_str() {
            "tombstones" => Some(Emit::Tombstones),
            "keys" => Some(Emit::Keys),
            kind => self.name(&key("emit"), kind).map(Emit::Records),
        };
        let rows = text.rows.map_or(Some(Rows::Records), |rows| self.name(&key("rows"), &rows));
        let relations = self.relations(&key("relations"), emit, &text.relations);
        let mapping = match (emit, text.mapping) {
            (Some(Emit::Keys), None) => Some(None),
            (Some(Emit::Keys), Some(_)) => {
                self.wrong(&key("mapping"), "a stream that emits keys has no mapping; leave it out");
                None
            }
            (_, Some(file)) => self.mapping(&key("mapping"), file).map(Some),
            (_, None) => {
                self.wrong(&key("mapping"), "a stream needs the name of its mapping");
                None
            }
        };
        let request = self.request(&key("request"), &text.request, &defaults.request);
        let select = match text.select.as_ref().or(defaults.select.as_ref()) {
            Some(select) => self.expression(&key("select"), select),
            None if !is_whole => None,
            None => {
                self.wrong(&key("select"), "say where the rows are, as in `.results[]`, here or at the top");
                None
            }
        };
        let paginate = match text.paginate.as_ref().or(defaults.paginate.as_ref()) {
            Some(text) => self.paginate(&key("paginate"), text),
            None => Some(Paginate { by: By::None, size: DEFAULT_SIZE, more: None, max_pages: DEFAULT_MAX_PAGES }),
        };
        let cursor = text.cursor.map_or(Some(None), |text| self.cursor(&key("cursor"), text).map(Some));
        let parent = text.parent.map_or(Some(None), |text| self.parent(&key("parent"), text).map(Some));
        let reconcile = text.reconcile.map_or(Some(None), |text| self.reconcile(&key("reconcile"), &text).map(Some));
        // What its parts ask of each other is looked at where all of them are there.
        if !is_whole {
            return None;
        }
        let http = HttpStream {
            request: request?,
            select: select?,
            paginate: paginate?,
            cursor: cursor?,
            parent: parent?,
            reconcile: reconcile?,
            sample_source: defaults.sample_source.clone(),
            version,
        };
        self.fits(&place, emit?, &http, &text.request);
        let reach = Reach::Http(Arc::new(http));
        Some(Stream { emit: emit?, relations, rows: rows?, mapping: mapping?, reach, name })
    }

    /// What one part of a stream asks of the others.
    fn fits(&mut self, place: &str, emit: Emit, stream: &HttpStream, own: &RequestText) {
        let records = matches!(emit, Emit::Records(_));
        if stream.reconcile.is_some() && !records {
            self.wrong(&format!("{place}.reconcile"), "only a stream that emits records can be reconciled");
        }
        if stream.parent.as_ref().is_some_and(|parent| !parent.full_alone) && stream.reconcile.is_some() {
            let rule = "a stream read by the keys of another is never read in full; see `full_alone`";
            self.wrong(&format!("{place}.reconcile"), rule);
        }
        let names = stream.request.names();
        let programs = stream.request.has_programs();
        let by = &stream.paginate.by;
        let lead = stream.paginate.by.placeholder();
        for (name, is_given, rule) in [
            ("cursor", stream.cursor.is_some(), "the stream has no `cursor`"),
            ("keys", stream.parent.is_some(), "the stream has no `parent`"),
            ("offset", matches!(by, By::Offset), "its `paginate` is not of the type `offset`"),
            ("page", matches!(by, By::Page(_)), "its `paginate` is not of the type `page`"),
            ("token", matches!(by, By::Token(_)), "its `paginate` is not of the type `token`"),
            ("last", matches!(by, By::Keyset(..)), "its `paginate` is not of the type `keyset`"),
            ("session", false, "a session's token is sent by `auth` alone"),
        ] {
            // What comes from the top of the manifest is left out where it has no value.
            if names.contains(name) && !is_given && own.mentions(name) {
                self.wrong(&format!("{place}.request"), format!("`${{{name}}}` has no value here: {rule}"));
            }
        }
        let needed = [
            ("cursor", stream.cursor.is_some() && stream.parent.as_ref().is_none_or(|parent| !parent.full_alone)),
            ("keys", stream.parent.is_some()),
            (lead.unwrap_or_default(), lead.is_some()),
        ];
        for (name, is_needed) in needed {
            if is_needed && !programs && !names.contains(name) {
                let rule = format!("no value of the request uses `${{{name}}}`, so every answer would be the same");
                self.wrong(&format!("{place}.request"), rule);
            }
        }
    }

    fn parents(&mut self, streams: &[Stream], is_whole: bool) {
        let http = |stream: &Stream| match &stream.reach {
            Reach::Http(http) => Some(http.clone()),
            _ => None,
        };
        let mut used = BTreeSet::new();
        for stream in streams {
            let Some(parent) = http(stream).and_then(|http| http.parent.clone()) else { continue };
            used.insert(parent.stream.clone());
            let key = format!("streams.{}.parent.stream", stream.name);
            match streams.iter().find(|other| other.name == parent.stream).map(http) {
                None if self.has_stream(&parent.stream) => {}
                None => {
                    let near = crate::error::did_you_mean(&parent.stream, streams.iter().map(|s| s.name.as_str()));
                    self.wrong(&key, format!("there is no stream `{}`{near}", parent.stream));
                }
                Some(Some(other)) if other.parent.is_some() => {
                    self.wrong(&key, format!("`{}` has a parent itself; one generation is read", parent.stream));
                }
                Some(_) => {}
            }
        }
        let is_idle = |stream: &&Stream| is_whole && stream.emit == Emit::Keys && !used.contains(&stream.name);
        for stream in streams.iter().filter(is_idle) {
            self.wrong(&format!("streams.{}.emit", stream.name), "no stream asks for its keys in `parent`");
        }
    }

    /// Settings and secrets are declared, and what is declared is used, as far as all that could use it was read.
    fn placeholders(&mut self, manifest: &HttpManifest, streams: &[Stream], is_whole: bool) {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut programs = false;
        let mut note = |check: &mut Self, place: String, names: BTreeSet<&str>| {
            for name in names {
                let (known, table): (Vec<&str>, _) = match name.split_once('.') {
                    Some(("settings", _)) => (manifest.settings.keys().map(String::as_str).collect(), "settings"),
                    Some(("secrets", _)) => (manifest.secrets.keys().map(String::as_str).collect(), "secrets"),
                    _ => continue,
                };
                let bare = name.split_once('.').map_or(name, |(_, bare)| bare);
                if !known.contains(&bare) && !check.lacks(name) {
                    let near = crate::error::did_you_mean(bare, known);
                    check.wrong(&place, format!("`${{{name}}}` is not declared in [{table}]{near}"));
                }
                used.insert(name.to_owned());
            }
        };
        for (name, auth) in &manifest.auth {
            note(self, format!("auth.{name}"), auth.names());
        }
        if let Some(check) = &manifest.check {
            note(self, "check".into(), check.names());
        }
        for stream in streams {
            if let Reach::Http(http) = &stream.reach {
                note(self, format!("streams.{}.request", stream.name), http.request.names());
                programs |= http.request.has_programs();
            }
        }
        for secret in manifest.secrets.keys() {
            if is_whole && !programs && !used.contains(&format!("secrets.{secret}")) {
                self.wrong(&format!("secrets.{secret}"), "nothing uses this secret; use it or take it out");
            }
        }
    }

    fn request(&mut self, key: &str, text: &RequestText, defaults: &RequestText) -> Option<Request> {
        let method = match text.method.as_ref().or(defaults.method.as_ref()) {
            Some(method) => self.name(&format!("{key}.method"), method),
            None => Some(Method::Get),
        };
        let path = match text.path.as_ref().or(defaults.path.as_ref()) {
            Some(path) if path.starts_with('/') && !path.contains(['?', '#']) && !path.starts_with("//") => {
                self.template(&format!("{key}.path"), path)
            }
            Some(path) => {
                let rule = format!("`{path}` is no path: it starts with one `/`, and parameters go to `params`");
                self.wrong(&format!("{key}.path"), rule);
                None
            }
            None => {
                self.wrong(&format!("{key}.path"), "a request needs a path below the source's `url`");
                None
            }
        };
        let mut values = |field: &str, of: fn(&RequestText) -> &BTreeMap<String, ValueText>| {
            let own = of(text).iter();
            let inherited = of(defaults).iter().filter(|(name, _)| !of(text).contains_key(*name));
            let values: Vec<_> = own
                .chain(inherited)
                .map(|(name, value)| (name.clone(), self.value(&format!("{key}.{field}.{name}"), value)))
                .collect();
            values.into_iter().map(|(name, value)| Some((name, value?))).collect::<Option<BTreeMap<_, _>>>()
        };
        let params = values("params", |text| &text.params);
        let headers = values("headers", |text| &text.headers);
        let form = values("form", |text| &text.form);
        for name in headers.iter().flat_map(|headers| headers.keys()) {
            if name.parse::<reqwest::header::HeaderName>().is_err() {
                self.wrong(&format!("{key}.headers"), format!("`{name}` is not the name of a header"));
            }
        }
        let body = match &text.body {
            Some(ProgramText { jq }) => Some(self.program(&format!("{key}.body"), jq)?),
            None => None,
        };
        let request = Request { method: method?, path: path?, params: params?, headers: headers?, form: form?, body };
        let is_unsure = self.lacks("request") || self.lacks(key);
        if !is_unsure && request.method == Method::Get && (!request.form.is_empty() || request.body.is_some()) {
            self.wrong(&format!("{key}.method"), "a GET has neither `form` nor `body`; say method = \"POST\"");
        }
        if !request.form.is_empty() && request.body.is_some() {
            self.wrong(&format!("{key}.body"), "a request has a `form` or a `body`, not both");
        }
        Some(request)
    }

    fn value(&mut self, key: &str, text: &ValueText) -> Option<Text> {
        match text {
            ValueText::One(template) => Some(Text::Templates(vec![self.template(key, template)?])),
            ValueText::Alternatives(templates) if templates.is_empty() => {
                self.wrong(key, "an empty list gives no value; leave the key out");
                None
            }
            ValueText::Alternatives(templates) => {
                let templates: Vec<_> = templates.iter().map(|template| self.template(key, template)).collect();
                Some(Text::Templates(templates.into_iter().collect::<Option<_>>()?))
            }
            ValueText::Program(ProgramText { jq }) => self.program(key, jq).map(Text::Jq),
        }
    }

    fn auth(&mut self, key: &str, text: AuthText) -> Option<Auth> {
        Some(match text {
            AuthText::None => Auth::None,
            AuthText::Basic { user, password } => {
                Auth::Basic { user: self.template(key, &user)?, password: self.template(key, &password)? }
            }
            AuthText::Bearer { token } => Auth::Bearer { token: self.template(key, &token)? },
            AuthText::Header { name, value } => {
                Auth::Header { name: self.header(key, name)?, value: self.template(key, &value)? }
            }
            AuthText::Query { name, value } => Auth::Query { name, value: self.template(key, &value)? },
            AuthText::Oauth2 { path, client_id, client_secret, form } => {
                let form: Vec<_> = form.into_iter().map(|(name, text)| (name, self.template(key, &text))).collect();
                Auth::Oauth2 {
                    path: self.template(key, &path)?,
                    client_id: self.template(key, &client_id)?,
                    client_secret: self.template(key, &client_secret)?,
                    form: form.into_iter().map(|(name, text)| Some((name, text?))).collect::<Option<_>>()?,
                }
            }
            AuthText::Session { request, token, header, param, value } => {
                let login = self.request(&format!("{key}.request"), &request, &RequestText::default());
                let carry = match (header, param) {
                    (Some(name), None) => Carry::Header(self.header(key, name)?),
                    (None, Some(name)) => Carry::Param(name),
                    _ => {
                        self.wrong(key, "the token goes either into a `header` or into a `param`; name one");
                        return None;
                    }
                };
                let token = self.expression(&format!("{key}.token"), &token)?;
                let value = self.template(key, value.as_deref().unwrap_or("${session}"))?;
                Auth::Session { login: Box::new(login?), token, carry, value }
            }
        })
    }

    fn header(&mut self, key: &str, name: String) -> Option<String> {
        match name.parse::<reqwest::header::HeaderName>() {
            Ok(_) => Some(name),
            Err(_) => {
                self.wrong(key, format!("`{name}` is not the name of a header"));
                None
            }
        }
    }

    fn paginate(&mut self, key: &str, text: &PaginateText) -> Option<Paginate> {
        type Parts = (Option<By>, Option<u64>, Option<Expression>, Option<u64>);
        let mut expression = |field: &str, text: &str| self.expression(&format!("{key}.{field}"), text);
        let mut optional = |text: &Option<String>| match text {
            Some(text) => expression("more", text).map(Some),
            None => Some(None),
        };
        let (by, size, more, max_pages): Parts = match text {
            PaginateText::None => (Some(By::None), None, None, None),
            PaginateText::Offset { size, more, max_pages } => (Some(By::Offset), *size, optional(more)?, *max_pages),
            PaginateText::Page { size, first, more, max_pages } => {
                (Some(By::Page(first.unwrap_or(1))), *size, optional(more)?, *max_pages)
            }
            PaginateText::Next { size, next, max_pages } => {
                (expression("next", next).map(By::Next), *size, None, *max_pages)
            }
            PaginateText::Link { size, max_pages } => (Some(By::Link), *size, None, *max_pages),
            PaginateText::Token { size, token, more, max_pages } => {
                let more = optional(more)?;
                (expression("token", token).map(By::Token), *size, more, *max_pages)
            }
            PaginateText::Keyset { size, key, first, max_pages } => {
                let first = first.clone().unwrap_or_default();
                (expression("key", key).map(|key| By::Keyset(key, first)), *size, None, *max_pages)
            }
        };
        for (field, value) in [("size", size), ("max_pages", max_pages)] {
            if value == Some(0) {
                self.wrong(&format!("{key}.{field}"), "at least 1 is needed");
            }
        }
        let size = size.unwrap_or(DEFAULT_SIZE);
        Some(Paginate { by: by?, size, more, max_pages: max_pages.unwrap_or(DEFAULT_MAX_PAGES) })
    }

    fn cursor(&mut self, key: &str, text: CursorText) -> Option<Cursor> {
        let from = match (&text.field, &text.token) {
            (Some(field), None) => self.expression(&format!("{key}.field"), field).map(CursorFrom::Row),
            (None, Some(token)) => self.expression(&format!("{key}.token"), token).map(CursorFrom::Answer),
            _ => {
                self.wrong(key, "a cursor is either a `field` of the rows or a `token` of the answer; name one");
                None
            }
        };
        let format = self.format(&format!("{key}.format"), text.format.as_deref().unwrap_or("rfc3339"));
        let send = match &text.send {
            Some(send) => self.format(&format!("{key}.send"), send),
            None => format.clone(),
        };
        let overlap = match &text.overlap {
            Some(overlap) => self.duration(&format!("{key}.overlap"), overlap),
            None => Some(Duration::ZERO),
        };
        let (from, format, send, overlap) = (from?, format?, send?, overlap?);
        if (format == Format::Number) != (send == Format::Number) {
            self.wrong(&format!("{key}.send"), "a number is sent as a number, and a time as a time");
        }
        let is_time = format != Format::Number && matches!(from, CursorFrom::Row(_));
        if !is_time && overlap != Duration::ZERO {
            self.wrong(&format!("{key}.overlap"), "only times can overlap");
        }
        let self_test = text.self_test.unwrap_or(true) && is_time;
        Some(Cursor { from, format, send, overlap, sorted: text.sorted, self_test })
    }

    fn format(&mut self, key: &str, text: &str) -> Option<Format> {
        Some(match text {
            "rfc3339" => Format::Rfc3339,
            "unix" => Format::UnixSeconds,
            "unix_millis" => Format::UnixMillis,
            "number" => Format::Number,
            pattern if zone::is_pattern(pattern) => Format::Pattern(pattern.into()),
            other => {
                let rule = "is none of rfc3339, unix, unix_millis, number, nor a pattern as `%Y-%m-%d %H:%M:%S`";
                self.wrong(key, format!("`{other}` {rule}"));
                return None;
            }
        })
    }

    fn parent(&mut self, key: &str, text: ParentText) -> Option<Parent> {
        let batch = text.batch.unwrap_or(1);
        if !(1..=10_000).contains(&batch) {
            self.wrong(&format!("{key}.batch"), "a batch is 1 to 10000 keys");
        }
        Some(Parent {
            stream: text.stream,
            key: self.expression(&format!("{key}.key"), &text.key)?,
            batch,
            separator: text.separator.unwrap_or_else(|| ",".into()),
            full_alone: text.full_alone,
        })
    }

    fn reconcile(&mut self, key: &str, text: &ReconcileText) -> Option<Reconcile> {
        let every = self.duration(&format!("{key}.every"), &text.every)?;
        let at_most = text.at_most.unwrap_or(0.1);
        if !(0.0..=1.0).contains(&at_most) {
            self.wrong(&format!("{key}.at_most"), "a share from 0 to 1 is expected");
        }
        Some(Reconcile { every, at_most })
    }

    fn error(&mut self, position: usize, text: ErrorText) -> Option<ErrorRule> {
        let key = |field: &str| format!("errors[{position}].{field}");
        let status = match text.status {
            None => Vec::new(),
            Some(StatusText::One(status)) => vec![status],
            Some(StatusText::Several(statuses)) => statuses,
        };
        if status.is_empty() && text.when.is_none() {
            self.wrong(&format!("errors[{position}]"), "say by `status` or by `when` which answers are meant");
        }
        let action = self.name(&key("do"), &text.action);
        let when = text.when.map_or(Some(None), |when| self.expression(&key("when"), &when).map(Some));
        let message = text.message.map_or(Some(None), |text| self.expression(&key("message"), &text).map(Some));
        let wait = text.wait.map_or(Some(None), |name| self.header(&key("wait"), name).map(Some));
        Some(ErrorRule { status, when: when?, action: action?, wait: wait?, message: message? })
    }

    fn budget(&mut self, text: BudgetText) -> Budget {
        let duration = |check: &mut Self, key: &str, text: Option<String>, default| {
            text.and_then(|text| check.duration(key, &text)).unwrap_or(default)
        };
        let per = duration(self, "budget.per", text.per, Duration::from_secs(60));
        let timeout = duration(self, "budget.timeout", text.timeout, Duration::from_secs(60));
        if text.requests == Some(0) || text.concurrency == Some(0) || text.max_response_mib == Some(0) {
            self.wrong("budget", "at least 1 is needed of requests, concurrency and max_response_mib");
        }
        if text.max_response_mib.is_some_and(|mib| mib > MAX_RESPONSE_MIB) {
            self.wrong(
                "budget.max_response_mib",
                format!("at most {MAX_RESPONSE_MIB} are held; ask for smaller pages"),
            );
        }
        Budget {
            requests: text.requests.map(|requests| (requests, per)),
            concurrency: text.concurrency.unwrap_or(1).clamp(1, 16),
            timeout,
            retries: text.retries.unwrap_or(5).min(100),
            max_response: text.max_response_mib.unwrap_or(8) << 20,
        }
    }

    fn origins(&mut self, origins: Vec<String>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for origin in origins {
            match reqwest::Url::parse(&origin) {
                Ok(url) if url.has_host() && url.path() == "/" && url.query().is_none() => {
                    found.insert(url.origin().ascii_serialization());
                }
                _ => self.wrong("origins", format!("`{origin}` is no origin, as `https://files.example.org` is")),
            }
        }
        found
    }

    fn duration(&mut self, key: &str, text: &str) -> Option<Duration> {
        duration(text).map_err(|rule| self.wrong(key, rule)).ok()
    }

    fn template(&mut self, key: &str, text: &str) -> Option<Template> {
        Template::parse(text).map_err(|rule| self.wrong(key, rule)).ok()
    }

    fn expression(&mut self, key: &str, text: &str) -> Option<Expression> {
        Expression::compile(&self.place(key), text).map_err(|problems| self.extend(problems)).ok()
    }

    fn program(&mut self, key: &str, text: &str) -> Option<Mapping> {
        Mapping::compile(&self.place(key), text).map_err(|problems| self.extend(problems)).ok()
    }
}

/// A whole number and a unit: `30s`, `5m`, `12h`, `7d`.
pub(in crate::connectors) fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.chars().next_back().unwrap_or_default();
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 0,
    };
    text.strip_suffix(unit)
        .and_then(|number| number.parse::<u64>().ok())
        .filter(|number| seconds > 0 && *number <= 1_000_000)
        .map(|number| Duration::from_secs(number * seconds))
        .ok_or_else(|| format!("`{text}` is not a whole number with s, m, h or d, as `5m` is"))
}
