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

/// How often one goes back to find where the page before ended.
const MAX_BACK: u32 = 2;

const SAME_PAGE: &str = "the same page comes twice: the system does not heed the paging";

/// Where in its pages a stream is.
pub struct Pages<'a> {
    paginate: &'a Paginate,
    source: &'a HttpSource,
    /// The address of the next page, if the last one gave it.
    pub next: Option<Url>,
    /// Where the page that is asked for begins, counted in rows.
    offset: u64,
    /// Digests of the rows of the page before, where pages overlap.
    before: HashSet<u64>,
    /// How often one has gone back in a row.
    back: u32,
    /// How many pages in a row brought nothing but rows of the page before.
    stale: u32,
    /// True if a row may have slipped through between two pages, because it moved while they were read.
    pub unsure: bool,
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
        Self {
            paginate,
            source,
            next: None,
            offset: 0,
            before: HashSet::new(),
            back: 0,
            stale: 0,
            unsure: false,
            count: 0,
            empty: 0,
            seen: HashSet::new(),
        }
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

    /// Goes on after a page with these rows; false if it was the last. Rows that the page before had too are taken out.
    pub fn advance(&mut self, said: Option<Said>, rows: &mut Vec<Value>, values: &mut Values) -> Result<bool, Fault> {
        self.count += 1;
        self.empty = if rows.is_empty() { self.empty + 1 } else { 0 };
        let by_offset = matches!(self.paginate.by, By::Offset);
        if let (Some(first), Some(last), false) = (rows.first(), rows.last(), by_offset) {
            self.once(digest(&(first, last, rows.len())), SAME_PAGE)?;
        }
        let Some(Said { more, lead, url }) = said else { return Ok(false) };
        let received = rows.len() as u64;
        let joins = !by_offset || self.joins(rows);
        if more == Some(false) && joins {
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
            By::Offset if !joins => values.set("offset", self.offset.to_string()),
            By::Offset => return self.next_offset(received, rows.is_empty(), values),
            By::Page(_) | By::Keyset(..) if !goes_on || rows.is_empty() => return Ok(false),
            By::Page(first) => {
                // Where the first page was not even full, whatever moved is in it.
                self.unsure = self.count > 1 || received >= self.paginate.size;
                values.set("page", (first + self.count).to_string());
            }
            By::Keyset(key, _) => {
                let last = rows.last().map(|row| key.first(row));
                let last = last.transpose().map_err(|rule| Fault::Stream(format!("paginate.key: {rule}")))?;
                let last = match last {
                    Some(Value::String(text)) => text,
                    Some(Value::Number(number)) => number.to_string(),
                    _ => return Err(Fault::Stream("paginate.key: the last row of a page has no key".into())),
                };
                self.once(digest(&last), "the same key comes twice: the system does not heed `${last}`")?;
                values.set("last", last);
            }
            By::Token(_) => match lead {
                None => return Ok(false),
                Some(token) => {
                    self.once(digest(&token), "the same token comes twice")?;
                    values.set("token", token);
                }
            },
            By::Next(_) | By::Link => match lead {
                None => return Ok(false),
                Some(link) => {
                    let next = next_url(self.source, &url, &link).map_err(Fault::Stream)?;
                    self.once(digest(&next.as_str()), "the same next address comes twice")?;
                    // Such an address may well count rows or pages.
                    self.unsure = true;
                    self.next = Some(next);
                }
            },
        }
        Ok(true)
    }

    /// True if a page goes on where the one before ended, which it shows by a row that both have: none was removed in
    /// between that would have moved others to where nobody looks again. If it does not, the page to ask for is one
    /// further back; after some of these it is not looked for any more.
    fn joins(&mut self, rows: &mut Vec<Value>) -> bool {
        let digests: HashSet<u64> = rows.iter().map(digest).collect();
        let joins = self.offset == 0 || self.unsure || !self.before.is_disjoint(&digests);
        if !joins && self.back < MAX_BACK {
            self.back += 1;
            self.offset = self.offset.saturating_sub(self.before.len().max(1) as u64);
            return false;
        }
        self.unsure |= !joins;
        self.back = 0;
        rows.retain(|row| !self.before.contains(&digest(row)));
        self.before = digests;
        true
    }

    /// Asks for what follows the rows received, and the last of them again; false if there is nothing. Where one row
    /// is all that comes, the next is asked for, for it would be the same.
    fn next_offset(&mut self, received: u64, is_known: bool, values: &mut Values) -> Result<bool, Fault> {
        let is_single = values.get("limit") == Some("1") || (received == 1 && !is_known);
        let overlap = u64::from(!is_single);
        if is_known && received <= overlap {
            return Ok(false);
        }
        self.stale = if is_known { self.stale + 1 } else { 0 };
        if self.stale > 1 {
            return Err(Fault::Stream(format!("page {}: {SAME_PAGE}", self.count)));
        }
        self.unsure |= is_single;
        self.offset += received - overlap;
        values.set("offset", self.offset.to_string());
        Ok(true)
    }

    fn once(&mut self, digest: u64, rule: &str) -> Result<(), Fault> {
        match self.seen.insert(digest) {
            true => Ok(()),
            false => Err(Fault::Stream(format!("page {}: {rule}", self.count))),
        }
    }
}

fn digest(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
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
