//! HTTP manifests, checked: how a system is asked, page by page, and what its answers mean.

use super::{
    expression::Expression,
    template::{Template, Text},
};
use crate::{
    connectors::{Mapping, Reconcile},
    model::names,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What holds for a whole system.
pub struct HttpManifest {
    /// Of times without an offset; a source may say another.
    pub time_zone: chrono_tz::Tz,
    /// What a source may or must set.
    pub settings: BTreeMap<String, Setting>,
    /// What a source must give references for, if what it uses needs them, and what they are.
    pub secrets: BTreeMap<String, String>,
    /// The ways to prove who asks.
    pub auth: BTreeMap<String, Auth>,
    /// What answers mean that are no rows, the first that fits.
    pub errors: Vec<ErrorRule>,
    pub budget: Budget,
    /// One cheap request that proves credentials.
    pub check: Option<Request>,
    /// Other origins that next links may lead to.
    pub origins: BTreeSet<String>,
}

/// A value an operator chooses.
pub struct Setting {
    pub about: String,
    /// Without one, the source has to say it.
    pub default: Option<String>,
}

/// One stream's part of the asking.
#[derive(Clone)]
pub struct HttpStream {
    pub request: Request,
    pub select: Expression,
    pub paginate: Paginate,
    pub cursor: Option<Cursor>,
    pub parent: Option<Parent>,
    pub reconcile: Option<Reconcile>,
    /// What `$source` is for its sample.
    pub sample_source: serde_json::Value,
    /// A digest of the stream's part of the manifest, with what the streams share.
    pub version: String,
}

#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub path: Template,
    pub params: BTreeMap<String, Text>,
    pub headers: BTreeMap<String, Text>,
    pub form: BTreeMap<String, Text>,
    /// A program that makes the JSON to send.
    pub body: Option<Mapping>,
}

names! {
    /// How a source is asked.
    pub enum Method {
        /// Reads.
        Get = "GET",
        /// Reads with a body, where the system wants it so.
        Post = "POST",
    }
}

/// How it is proved who asks.
pub enum Auth {
    None,
    Basic {
        user: Template,
        password: Template,
    },
    Bearer {
        token: Template,
    },
    Header {
        name: String,
        value: Template,
    },
    Query {
        name: String,
        value: Template,
    },
    /// Client credentials; `form` adds to or replaces what is sent.
    Oauth2 {
        path: Template,
        client_id: Template,
        client_secret: Template,
        form: BTreeMap<String, Template>,
    },
    /// A login whose answer holds a token that later requests carry.
    Session {
        login: Box<Request>,
        token: Expression,
        carry: Carry,
        value: Template,
    },
}

/// Where a session's token goes.
pub enum Carry {
    Header(String),
    Param(String),
}

/// How one page leads to the next.
#[derive(Clone)]
pub struct Paginate {
    pub by: By,
    /// What is asked for, as `${limit}`; the system may give less.
    pub size: u64,
    /// True while there is more; without, until nothing comes.
    pub more: Option<Expression>,
    pub max_pages: u64,
}

#[derive(Clone)]
pub enum By {
    /// There is one page.
    None,
    /// `${offset}`: the rows received so far.
    Offset,
    /// `${page}`, counted from this.
    Page(u64),
    /// The answer says the address of the next page.
    Next(Expression),
    /// The header `Link` does.
    Link,
    /// `${token}`, out of the answer.
    Token(Expression),
    /// `${last}`: the key of the last row, and what stands for it at first.
    Keyset(Expression, String),
}

/// Where a stream goes on from.
#[derive(Clone)]
pub struct Cursor {
    pub from: CursorFrom,
    /// How the field is written, and how `${cursor}` is.
    pub format: Format,
    pub send: Format,
    pub overlap: Duration,
    /// True if rows come in ascending order of the field.
    pub sorted: bool,
    /// True to try once whether the system heeds `${cursor}`.
    pub self_test: bool,
}

#[derive(Clone)]
pub enum CursorFrom {
    /// The greatest value in a row.
    Row(Expression),
    /// What the last answer says.
    Answer(Expression),
}

/// How a cursor is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    Rfc3339,
    UnixSeconds,
    UnixMillis,
    Number,
    /// A pattern of strftime, in the time zone of the source.
    Pattern(String),
}

/// The stream whose rows say what to ask for.
#[derive(Clone)]
pub struct Parent {
    pub stream: String,
    pub key: Expression,
    /// Keys asked for at once, as `${keys}`.
    pub batch: usize,
    pub separator: String,
    /// True if a full read asks without keys.
    pub full_alone: bool,
}

/// What an answer means.
pub struct ErrorRule {
    /// Any, if empty.
    pub status: Vec<u16>,
    pub when: Option<Expression>,
    pub action: Action,
    /// The header that says how long to wait.
    pub wait: Option<String>,
    /// What the answer says of itself.
    pub message: Option<Expression>,
}

names! {
    /// What is done about an answer.
    pub enum Action {
        /// Ask again later.
        Retry = "retry",
        /// Log in anew and ask again, once.
        Refresh = "refresh",
        /// Ask again for half as many.
        Shrink = "shrink",
        /// Go on without this answer, and say so among the rows set aside.
        Skip = "skip",
        /// It holds no rows, and that is all right.
        Empty = "empty",
        /// End the reading.
        Fail = "fail",
    }
}

/// What a source may be burdened with, and what it may burden us with.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Requests in a period.
    pub requests: Option<(u32, Duration)>,
    /// Streams read at a time.
    pub concurrency: usize,
    /// From the first byte of a request to the last of its answer.
    pub timeout: Duration,
    pub retries: u32,
    /// The largest answer, in bytes.
    pub max_response: usize,
}

impl Request {
    /// True if a part of it is made by a program, which may use any placeholder.
    pub fn has_programs(&self) -> bool {
        let mut texts = self.params.values().chain(self.headers.values()).chain(self.form.values());
        self.body.is_some() || texts.any(|text| matches!(text, Text::Jq(_)))
    }

    /// Every placeholder its templates use.
    pub fn names(&self) -> BTreeSet<&str> {
        let texts = self.params.values().chain(self.headers.values()).chain(self.form.values());
        self.path.names().chain(texts.flat_map(Text::names)).collect()
    }
}

impl Auth {
    /// Every placeholder its templates use.
    pub fn names(&self) -> BTreeSet<&str> {
        match self {
            Self::None => BTreeSet::new(),
            Self::Basic { user, password } => user.names().chain(password.names()).collect(),
            Self::Bearer { token } => token.names().collect(),
            Self::Header { value, .. } | Self::Query { value, .. } => value.names().collect(),
            Self::Oauth2 { path, client_id, client_secret, form } => {
                let form = form.values().flat_map(Template::names);
                path.names().chain(client_id.names()).chain(client_secret.names()).chain(form).collect()
            }
            Self::Session { login, value, .. } => login.names().into_iter().chain(value.names()).collect(),
        }
    }
}

impl By {
    /// The placeholder that leads from page to page, if one does.
    pub fn placeholder(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::Next(_) | Self::Link => None,
            Self::Offset => Some("offset"),
            Self::Page(_) => Some("page"),
            Self::Token(_) => Some("token"),
            Self::Keyset(..) => Some("last"),
        }
    }
}
