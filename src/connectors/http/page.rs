//! From page to page: what to ask for next, and when there is no more. A system that pages badly is found out.

use super::{
    HttpSource,
    client::Answer,
    fault::Fault,
    manifest::{By, Paginate},
    template::Values,
};
use reqwest::Url;
use serde_json::Value;
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Pages without rows that may follow each other while the system says that there is more.
const MAX_EMPTY: u64 = 100;

/// Where in its pages a stream is.
pub struct Pages<'a> {
    paginate: &'a Paginate,
    source: &'a HttpSource,
    /// The address of the next page, if the last one gave it.
    pub next: Option<Url>,
    /// Rows received.
    rows: u64,
    /// Pages received.
    pub count: u64,
    empty: u64,
    /// Digests of pages and of what led to them.
    seen: HashSet<u64>,
}

impl<'a> Pages<'a> {
    /// Before the first page.
    pub fn new(paginate: &'a Paginate, source: &'a HttpSource, values: &mut Values) -> Self {
        if values.get("limit").is_none() {
            values.set("limit", paginate.size.to_string());
        }
        for name in ["offset", "page", "token", "last"] {
            values.unset(name);
        }
        match &paginate.by {
            By::Offset => values.set("offset", "0"),
            By::Page(first) => values.set("page", first.to_string()),
            By::Keyset(_, first) => values.set("last", first),
            By::None | By::Next(_) | By::Link | By::Token(_) => {}
        }
        Self { paginate, source, next: None, rows: 0, count: 0, empty: 0, seen: HashSet::new() }
    }

    /// Takes note of what the answer says of the next page. To be called before its rows are taken out.
    pub fn look(&self, answer: &Answer) -> Result<Said, Fault> {
        let fault = |what: &str, rule: String| Fault::Stream(format!("paginate.{what}: {rule}"));
        let text = |value: Value| match value {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let more = match &self.paginate.more {
            Some(more) => Some(more.holds(&answer.value).map_err(|rule| fault("more", rule))?),
            None => None,
        };
        let lead = match &self.paginate.by {
            By::Next(next) => text(next.first(&answer.value).map_err(|rule| fault("next", rule))?),
            By::Token(token) => text(token.first(&answer.value).map_err(|rule| fault("token", rule))?),
            By::Link => answer.value["headers"]["link"].as_str().and_then(link_to_next),
            By::None | By::Offset | By::Page(_) | By::Keyset(..) => None,
        };
        Ok(Said { more, lead, url: answer.url.clone() })
    }

    /// Goes on after a page with these rows; false if it was the last.
    pub fn advance(&mut self, said: Option<Said>, rows: &[Value], values: &mut Values) -> Result<bool, Fault> {
        self.count += 1;
        self.rows += rows.len() as u64;
        self.empty = if rows.is_empty() { self.empty + 1 } else { 0 };
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            self.once(&(first, last, rows.len()), "the same page comes twice: the system does not heed the paging")?;
        }
        let Some(Said { more, lead, url }) = said else { return Ok(false) };
        if more == Some(false) {
            return Ok(false);
        }
        if self.count >= self.paginate.max_pages {
            let rule = format!("more than {} pages; raise paginate.max_pages if there are", self.paginate.max_pages);
            return Err(Fault::Stream(rule));
        }
        if self.empty > MAX_EMPTY {
            return Err(Fault::Stream(format!("more than {MAX_EMPTY} pages without rows, and no end")));
        }
        let goes_on = more.unwrap_or(!rows.is_empty());
        match &self.paginate.by {
            By::None => return Ok(false),
            By::Offset | By::Page(_) | By::Keyset(..) if !goes_on || rows.is_empty() => return Ok(false),
            By::Offset => values.set("offset", self.rows.to_string()),
            By::Page(first) => values.set("page", (first + self.count).to_string()),
            By::Keyset(key, _) => {
                let last = rows.last().map(|row| key.first(row));
                let last = last.transpose().map_err(|rule| Fault::Stream(format!("paginate.key: {rule}")))?;
                let last = match last {
                    Some(Value::String(text)) => text,
                    Some(Value::Number(number)) => number.to_string(),
                    _ => return Err(Fault::Stream("paginate.key: the last row of a page has no key".into())),
                };
                self.once(&last, "the same key comes twice: the system does not heed `${last}`")?;
                values.set("last", last);
            }
            By::Token(_) => match lead {
                None => return Ok(false),
                Some(token) => {
                    self.once(&token, "the same token comes twice")?;
                    values.set("token", token);
                }
            },
            By::Next(_) | By::Link => match lead {
                None => return Ok(false),
                Some(link) => {
                    let next = next_url(self.source, &url, &link).map_err(Fault::Stream)?;
                    self.once(&next.as_str(), "the same next address comes twice")?;
                    self.next = Some(next);
                }
            },
        }
        Ok(true)
    }

    fn once(&mut self, what: &impl Hash, rule: &str) -> Result<(), Fault> {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        match self.seen.insert(hasher.finish()) {
            true => Ok(()),
            false => Err(Fault::Stream(format!("page {}: {rule}", self.count))),
        }
    }
}

/// What an answer says of the next page.
pub struct Said {
    more: Option<bool>,
    /// Its address, or a token.
    lead: Option<String>,
    url: Url,
}

/// The address a page gives for the next one, kept on the source's own origin and path: of one that leads elsewhere
/// only the parameters are taken, unless the manifest allows its origin.
pub fn next_url(source: &HttpSource, current: &Url, link: &str) -> Result<Url, String> {
    let mut next = current.join(link).map_err(|error| format!("the next address cannot be read: {error}"))?;
    let own = next.origin() == source.url.origin() && next.path().starts_with(source.url.path());
    if !own && !source.manifest.origins.contains(&next.origin().ascii_serialization()) {
        let mut kept = current.clone();
        kept.set_query(next.query());
        next = kept;
    }
    // Some systems write `&=&`.
    let pairs: Vec<(String, String)> =
        next.query_pairs().filter(|(name, _)| !name.is_empty()).map(|(a, b)| (a.into(), b.into())).collect();
    next.set_query(None);
    if !pairs.is_empty() {
        next.query_pairs_mut().extend_pairs(pairs);
    }
    next.set_fragment(None);
    Ok(next)
}

/// The address with rel="next" in a header `Link` (RFC 8288).
pub fn link_to_next(header: &str) -> Option<String> {
    header.split('<').skip(1).find_map(|part| {
        let (address, parameters) = part.split_once('>')?;
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split(' ').any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        is_next.then(|| address.to_owned())
    })
}
