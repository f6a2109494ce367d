//! The form of an HTTP manifest as it is written: what each key is called and which keys there are.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The keys of a whole manifest, besides those all protocols share.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpText {
    pub time_zone: Option<String>,
    pub settings: BTreeMap<String, SettingText>,
    pub secrets: BTreeMap<String, String>,
    pub auth: BTreeMap<String, AuthText>,
    pub request: RequestText,
    pub select: Option<String>,
    pub paginate: Option<PaginateText>,
    pub errors: Vec<ErrorText>,
    pub budget: BudgetText,
    pub check: Option<RequestText>,
    pub origins: Vec<String>,
}

/// `[streams.<name>]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamText {
    pub emit: String,
    pub mapping: Option<String>,
    #[serde(default)]
    pub relations: Vec<String>,
    pub rows: Option<String>,
    pub request: RequestText,
    pub select: Option<String>,
    pub paginate: Option<PaginateText>,
    pub cursor: Option<CursorText>,
    pub parent: Option<ParentText>,
    pub reconcile: Option<ReconcileText>,
}

/// `[settings.<name>]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingText {
    pub about: String,
    pub default: Option<String>,
}

impl From<SettingText> for super::manifest::Setting {
    fn from(text: SettingText) -> Self {
        Self { about: text.about, default: text.default }
    }
}

/// A request, in templates.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestText {
    pub method: Option<String>,
    pub path: Option<String>,
    pub params: BTreeMap<String, ValueText>,
    pub headers: BTreeMap<String, ValueText>,
    pub form: BTreeMap<String, ValueText>,
    pub body: Option<ProgramText>,
}

/// A value: one template, alternatives, or a program.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ValueText {
    One(String),
    Alternatives(Vec<String>),
    Program(ProgramText),
}

/// `{ jq = "…" }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramText {
    pub jq: String,
}

/// `[auth.<name>]`
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthText {
    None,
    Basic {
        user: String,
        password: String,
    },
    Bearer {
        token: String,
    },
    Header {
        name: String,
        value: String,
    },
    Query {
        name: String,
        value: String,
    },
    Oauth2 {
        path: String,
        client_id: String,
        client_secret: String,
        #[serde(default)]
        form: BTreeMap<String, String>,
    },
    Session {
        request: RequestText,
        token: String,
        header: Option<String>,
        param: Option<String>,
        value: Option<String>,
    },
}

/// `[paginate]`
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PaginateText {
    None,
    Offset { size: Option<u64>, more: Option<String>, max_pages: Option<u64> },
    Page { size: Option<u64>, first: Option<u64>, more: Option<String>, max_pages: Option<u64> },
    Next { size: Option<u64>, next: String, max_pages: Option<u64> },
    Link { size: Option<u64>, max_pages: Option<u64> },
    Token { size: Option<u64>, token: String, more: Option<String>, max_pages: Option<u64> },
    Keyset { size: Option<u64>, key: String, first: Option<String>, max_pages: Option<u64> },
}

/// `cursor = {…}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CursorText {
    pub field: Option<String>,
    pub token: Option<String>,
    pub format: Option<String>,
    pub send: Option<String>,
    pub overlap: Option<String>,
    #[serde(default)]
    pub sorted: bool,
    pub self_test: Option<bool>,
}

/// `parent = {…}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentText {
    pub stream: String,
    pub key: String,
    pub batch: Option<usize>,
    pub separator: Option<String>,
    #[serde(default)]
    pub full_alone: bool,
}

/// `reconcile = {…}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileText {
    pub every: String,
    pub at_most: Option<f64>,
}

/// `[[errors]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorText {
    pub status: Option<StatusText>,
    pub when: Option<String>,
    #[serde(rename = "do")]
    pub action: String,
    pub wait: Option<String>,
    pub message: Option<String>,
}

/// One status or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum StatusText {
    One(u16),
    Several(Vec<u16>),
}

/// `[budget]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetText {
    pub requests: Option<u32>,
    pub per: Option<String>,
    pub concurrency: Option<usize>,
    pub timeout: Option<String>,
    pub retries: Option<u32>,
    pub max_response_mib: Option<usize>,
}

impl RequestText {
    /// True if a template of this request itself has the placeholder.
    pub fn mentions(&self, placeholder: &str) -> bool {
        let placeholder = format!("${{{placeholder}}}");
        let values = [&self.params, &self.headers, &self.form].into_iter().flat_map(BTreeMap::values);
        let mut texts = values.flat_map(|value| match value {
            ValueText::One(text) => std::slice::from_ref(text),
            ValueText::Alternatives(texts) => texts,
            ValueText::Program(_) => &[],
        });
        self.path.as_ref().is_some_and(|path| path.contains(&placeholder))
            || texts.any(|text| text.contains(&placeholder))
    }
}
