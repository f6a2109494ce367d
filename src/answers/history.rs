//! Questions about what turned, and how statuses and indicators went over time.

use super::known_indicator;
use crate::{
    assess::Rules,
    error::{Error, Result},
    indicators::Tally,
    model::{RecordId, System, Timestamp, Verdict, View},
    store::{Page, Store},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A turn of a status.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusTurn {
    /// The number of the change that turned it, growing over the whole store.
    pub seq: i64,
    /// When it turned.
    pub at: Timestamp,
    /// What turned: `requirement/iso27001-2013/A.8.1`, `row/027`, `edition/iso27001-2013`, `indicator/ID/isms`,
    /// `conformity`.
    pub subject: String,
    /// What it was; null if nothing was concluded before.
    pub before: Option<String>,
    /// What it is since; `withdrawn` if nothing is concluded on it any more.
    pub after: String,
    /// The first records whose outcome changed with it; none if it turned by time alone.
    pub because: Vec<RecordId>,
}

/// A status and since when it held.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusPoint {
    /// Since when.
    pub from: Timestamp,
    /// The status in a word.
    pub status: String,
}

/// What an indicator said from an instant on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultPoint {
    /// From when on.
    pub from: Timestamp,
    /// The management system it was judged in.
    pub system: System,
    /// What the population came to.
    pub verdict: Verdict,
    /// How the population was judged.
    pub tally: Tally,
    /// The version of the definition.
    pub version: String,
}

/// A span of time.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// Its first instant; everything that is kept without it.
    pub from: Option<Timestamp>,
    /// Its last instant; the present without it.
    pub until: Option<Timestamp>,
}

impl Span {
    fn ends(self) -> Result<(Timestamp, Timestamp)> {
        let from = self.from.unwrap_or(Timestamp::from_millis(0));
        let until = self.until.unwrap_or(Timestamp::from_millis(i64::MAX));
        if from > until {
            return Err(Error::invalid("until", format!("{until} is before {from}, where the span begins")));
        }
        Ok((from, until))
    }
}

/// A page of what turned, in order. `subject` is how the subjects start; every one without it.
pub fn status_turns(
    store: &Store,
    since: Option<Timestamp>,
    subject: Option<&str>,
    after: Option<(i64, &str)>,
    limit: u32,
    view: View,
) -> Result<Page<StatusTurn>> {
    let page = store.read(|reader| reader.changes(view, since, subject.unwrap_or_default(), after, limit))?;
    let turn = |turn: crate::store::StatusChange| StatusTurn {
        seq: turn.seq,
        at: turn.at,
        subject: turn.subject,
        before: turn.before,
        after: turn.after,
        because: turn.because,
    };
    Ok(Page { items: page.items.into_iter().map(turn).collect(), more: page.more })
}

/// The statuses a subject had in a span, in order.
pub fn status_trend(store: &Store, subject: &str, span: Span, view: View) -> Result<Vec<StatusPoint>> {
    let (from, until) = span.ends()?;
    let points = store.read(|reader| reader.statuses_of(subject, view, from, until))?;
    if points.is_empty() {
        let rule = "nothing was concluded on it in that time; subjects are those of /api/v1/conformity/changes";
        return Err(Error::NotFound(format!("`{subject}`: {rule}")));
    }
    Ok(points.into_iter().map(|point| StatusPoint { from: point.since, status: point.status }).collect())
}

/// What an indicator said in a span: whenever its verdict turned, and once a day.
pub fn indicator_trend(store: &Store, rules: &Rules, id: &str, span: Span, view: View) -> Result<Vec<ResultPoint>> {
    known_indicator(rules, id)?;
    let (from, until) = span.ends()?;
    let points = store.read(|reader| reader.results_of(id, view, from, until))?;
    let point = |point: crate::store::StoredResult| ResultPoint {
        from: point.at,
        system: point.system,
        verdict: point.verdict,
        tally: point.tally,
        version: point.version,
    };
    Ok(points.into_iter().map(point).collect())
}
