//! What each record contributes now, the tallies these add up to, and the findings on records that fail.

use super::{
    Page, Reader, Transaction,
    among::among,
    bulk::{insert_rows, on_conflict_replace},
    on,
    records::{read_id, read_kind},
    schema::{catalogue, finding, first_read, judged_under, judgement, record, shown, tally},
    unreadable,
};
use crate::{
    error::Result,
    model::{RecordId, RecordKind, SecurityClass, System, Tally, Timestamp, View},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{self, BigInt, Bool, Nullable, Text},
    upsert::excluded,
};
use std::collections::BTreeMap;

/// Identifiers or rows per statement.
const CHUNK: usize = 1_000;

/// What the records of a kind were judged under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedUnder {
    /// The definitions, with their versions.
    pub definitions: String,
    /// The relation types of which no edge means there is none.
    pub relations: String,
    /// The scopes of the management systems.
    pub scopes: String,
}

/// What a record contributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The indicators its outcomes are by; see [`Reader::catalogue`]. Empty if it was never judged.
    pub catalogue: String,
    /// A letter for each of these indicators, in the full view.
    pub outcomes: String,
    /// The same in the general view, where it differs.
    pub outcomes_general: Option<String>,
    /// A digest of what its neighbours' facts read of it.
    pub gives: String,
    /// True if only the full view has it.
    pub restricted: bool,
    /// When it has to be judged again though nothing changes.
    pub due_at: Option<Timestamp>,
    /// For a ticket, the class that counts; `None` if it has none.
    pub class: Option<SecurityClass>,
}

/// How an indicator's population was judged in a system.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTally {
    /// The indicator's id.
    pub indicator: String,
    /// The management system in whose scope it was judged.
    pub system: System,
    /// The counts.
    pub tally: Tally,
}

/// By how much a tally changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TallyChange {
    /// More, or fewer, that pass.
    pub passing: i64,
    /// More, or fewer, that fail.
    pub failing: i64,
    /// More, or fewer, of which it cannot be told.
    pub unknown: i64,
}

/// The views a finding is in: one word for one or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Views {
    /// Everybody's.
    Both,
    /// Only of those who see restricted records.
    Full,
    /// Only of the others: it would pass if they saw everything.
    General,
}

impl Views {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Full => "full",
            Self::General => "general",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "full" => Self::Full,
            "general" => Self::General,
            _ => Self::Both,
        }
    }

    /// True if a view has it.
    pub const fn has(self, view: View) -> bool {
        matches!((self, view), (Self::Both, _) | (Self::Full, View::Full) | (Self::General, View::General))
    }

    /// The words a view reads.
    pub(super) const fn of(view: View) -> [&'static str; 2] {
        match view {
            View::Full => ["both", "full"],
            View::General => ["both", "general"],
        }
    }
}

/// A record that fails an indicator, or failed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The indicator's id.
    pub indicator: String,
    /// The record judged.
    pub record: RecordId,
    /// Who sees it.
    pub views: Views,
    /// Since when.
    pub opened_at: Timestamp,
    /// The change that opened it.
    pub opened_seq: i64,
    /// Until when; `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// The version of the definition it was judged by.
    pub version: String,
    /// The fields and facts the indicator read, with the values they had.
    pub seen: serde_json::Map<String, serde_json::Value>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = judgement, treat_none_as_default_value = false)]
struct JudgementRow {
    record_id: String,
    kind: String,
    catalogue: String,
    outcomes: String,
    outcomes_general: Option<String>,
    gives: String,
    restricted: bool,
    due_at: Option<chrono::NaiveDateTime>,
    class: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = tally)]
struct TallyRow {
    indicator: String,
    system: String,
    view: String,
    passing: i64,
    failing: i64,
    unknown: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = finding, treat_none_as_default_value = false)]
pub(super) struct FindingRow {
    indicator: String,
    record_id: String,
    views: String,
    opened_at: chrono::NaiveDateTime,
    opened_seq: i64,
    closed_at: Option<chrono::NaiveDateTime>,
    version: String,
    seen: String,
}

impl Reader<'_> {
    /// What these records contribute now.
    pub fn judgements(&mut self, ids: &[RecordId]) -> Result<Vec<Judgement>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let query = judgement::table.filter(among(judgement::record_id, chunk)).select(judgement::all_columns);
            found.extend(on!(self.link, |connection| query.load::<JudgementRow>(*connection))?);
        }
        found.into_iter().map(JudgementRow::read).collect()
    }

    /// What documents and graded nonconformities show in a view, or showed at an instant, as JSON, by record.
    pub fn shown(&mut self, view: View, as_of: Option<Timestamp>) -> Result<Vec<String>> {
        on!(self.link, |connection| {
            let mut rows = shown::table.into_boxed();
            if view == View::General {
                rows = rows.filter(shown::restricted.eq(false));
            }
            rows = match as_of {
                None => rows.filter(shown::valid_until.is_null()),
                Some(at) => rows
                    .filter(shown::valid_from.le(at.naive()))
                    .filter(shown::valid_until.is_null().or(shown::valid_until.gt(at.naive()))),
            };
            Ok(rows.order((shown::record_id, shown::from_seq)).select(shown::body).load(*connection)?)
        })
    }

    /// What these records show now: each with whether only the full view has it.
    pub fn shown_by(&mut self, ids: &[RecordId]) -> Result<BTreeMap<RecordId, (bool, String)>> {
        let mut found = BTreeMap::new();
        for chunk in ids.chunks(CHUNK) {
            let query = shown::table
                .filter(among(shown::record_id, chunk))
                .filter(shown::valid_until.is_null())
                .select((shown::record_id, shown::restricted, shown::body));
            let rows: Vec<(String, bool, String)> = on!(self.link, |connection| query.load(*connection))?;
            for (id, restricted, body) in rows {
                found.insert(read_id(&id)?, (restricted, body));
            }
        }
        Ok(found)
    }

    /// The first records that are due at an instant, at most `limit`.
    pub fn due(&mut self, at: Timestamp, limit: usize) -> Result<Vec<RecordId>> {
        let query = judgement::table
            .filter(judgement::due_at.le(at.naive()))
            .order((judgement::due_at, judgement::record_id))
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(judgement::record_id);
        let ids: Vec<String> = on!(self.link, |connection| query.load(*connection))?;
        ids.iter().map(|id| read_id(id)).collect()
    }

    /// How many records are due at an instant, or to be judged for the first time: what is not settled yet.
    pub fn settling(&mut self, at: Timestamp) -> Result<u64> {
        let query = judgement::table.filter(judgement::due_at.le(at.naive())).count();
        let count: i64 = on!(self.link, |connection| query.get_result(*connection))?;
        Ok(count.unsigned_abs() + self.count_unjudged()?)
    }

    /// True if nothing is due at an instant, nor to be judged for the first time.
    pub fn is_settled(&mut self, at: Timestamp) -> Result<bool> {
        Ok(self.due(at, 1)?.is_empty() && !self.is_judging_first()?)
    }

    /// When the next record that was judged is due.
    pub fn next_due(&mut self) -> Result<Option<Timestamp>> {
        let query =
            judgement::table.filter(judgement::due_at.is_not_null()).order(judgement::due_at).select(judgement::due_at);
        let first: Option<Option<chrono::NaiveDateTime>> =
            on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(first.flatten().map(Timestamp::from_naive))
    }

    /// The ids of the indicators behind the letters of judgements made by this catalogue.
    pub fn catalogue(&mut self, id: &str) -> Result<Vec<String>> {
        let query = catalogue::table.find(id).select(catalogue::indicators);
        let found: Option<String> = on!(self.link, |connection| query.first(*connection).optional())?;
        found.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text).map_err(|error| unreadable("catalogue", error)))
    }

    /// By kind, what its records were last judged under.
    pub fn judged_under(&mut self) -> Result<BTreeMap<RecordKind, JudgedUnder>> {
        let query = judged_under::table.select(judged_under::all_columns);
        let rows: Vec<(String, String, String, String)> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter()
            .map(|(kind, definitions, relations, scopes)| {
                Ok((read_kind(&kind)?, JudgedUnder { definitions, relations, scopes }))
            })
            .collect()
    }

    /// Every tally of a view.
    pub fn tallies(&mut self, view: View) -> Result<Vec<StoredTally>> {
        let query = tally::table
            .filter(tally::view.eq(view.as_str()))
            .order((tally::indicator, tally::system))
            .select(tally::all_columns);
        on!(self.link, |connection| query.load::<TallyRow>(*connection))?.into_iter().map(TallyRow::read).collect()
    }

    /// A page of the records that fail an indicator in a view, or failed it at an instant, by record.
    pub fn findings(
        &mut self,
        indicator: &str,
        view: View,
        as_of: Option<Timestamp>,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Page<Finding>> {
        let mut rows: Vec<FindingRow> = on!(self.link, |connection| {
            let mut rows = finding::table
                .filter(finding::indicator.eq(indicator))
                .filter(finding::views.eq_any(Views::of(view)))
                .into_boxed();
            rows = match as_of {
                None => rows.filter(finding::closed_at.is_null()),
                Some(at) => rows
                    .filter(finding::opened_at.le(at.naive()))
                    .filter(finding::closed_at.is_null().or(finding::closed_at.gt(at.naive()))),
            };
            if let Some(after) = after {
                rows = rows.filter(finding::record_id.gt(after.to_string()));
            }
            rows.order(finding::record_id).limit(i64::from(limit) + 1).select(finding::all_columns).load(*connection)
        })?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { items: rows.into_iter().map(FindingRow::read).collect::<Result<_>>()?, more })
    }

    /// The open findings on records, in every view.
    pub fn open_findings_on(&mut self, ids: &[RecordId]) -> Result<Vec<Finding>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let query = finding::table
                .filter(among(finding::record_id, chunk))
                .filter(finding::closed_at.is_null())
                .select(finding::all_columns);
            found.extend(on!(self.link, |connection| query.load::<FindingRow>(*connection))?);
        }
        found.into_iter().map(FindingRow::read).collect()
    }

    /// A page of the records judged by a catalogue whose outcome has one of these letters, by record: `position` is the
    /// indicator's place in the catalogue.
    pub fn judged(
        &mut self,
        catalogue: &str,
        view: View,
        position: usize,
        letters: &'static str,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Page<RecordId>> {
        let column = match view {
            View::Full => "outcomes",
            View::General => "coalesce(outcomes_general, outcomes)",
        };
        let letter = format!("substr({column}, {}, 1)", position + 1);
        let wanted: Vec<String> = letters.chars().map(|letter| format!("'{letter}'")).collect();
        let condition = format!("{letter} IN ({})", wanted.join(", "));
        let mut ids: Vec<String> = on!(self.link, |connection| {
            let mut rows = judgement::table.filter(judgement::catalogue.eq(catalogue)).into_boxed();
            rows = rows.filter(diesel::dsl::sql::<Bool>(&condition));
            if let Some(after) = after {
                rows = rows.filter(judgement::record_id.gt(after.to_string()));
            }
            rows.order(judgement::record_id).limit(i64::from(limit) + 1).select(judgement::record_id).load(*connection)
        })?;
        let more = ids.len() > limit as usize;
        ids.truncate(limit as usize);
        Ok(Page { items: ids.iter().map(|id| read_id(id)).collect::<Result<_>>()?, more })
    }

    /// The first records, by id, that lack a judgement though their source was read and all its records were judged: an
    /// earlier version's judgements do not hold any more.
    pub fn unjudged(&mut self, limit: usize) -> Result<Vec<RecordId>> {
        let judged = judgement::table.filter(judgement::record_id.eq(record::id)).select(judgement::record_id);
        let read = first_read::table.filter(first_read::judged_to.is_null()).select(first_read::source);
        let query = record::table
            .filter(record::source.eq_any(read))
            .filter(diesel::dsl::not(diesel::dsl::exists(judged)))
            .order(record::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(record::id);
        let ids: Vec<String> = on!(self.link, |connection| query.load(*connection))?;
        ids.iter().map(|id| read_id(id)).collect()
    }
}

impl Transaction<'_> {
    /// Writes what records contribute.
    pub fn save_judgements(&mut self, judgements: &[Judgement]) -> Result<()> {
        let rows: Vec<JudgementRow> = judgements.iter().map(JudgementRow::of).collect();
        let replaced = ["catalogue", "outcomes", "outcomes_general", "gives", "restricted", "due_at", "class"];
        insert_rows!(self.reader.link, judgement, &rows, on_conflict_replace("record_id", &replaced), {
            record_id: Text, kind: Text, catalogue: Text, outcomes: Text, outcomes_general: Nullable<Text>, gives: Text,
            restricted: Bool, due_at: Nullable<sql_types::Timestamp>, class: Nullable<Text>,
        });
        Ok(())
    }

    /// Replaces what a record shows from now on; nothing with `None`.
    pub fn show(&mut self, record: RecordId, restricted: bool, body: Option<&str>) -> Result<()> {
        let at = self.at.naive();
        let before = shown::table.filter(shown::record_id.eq(record.to_string())).filter(shown::valid_until.is_null());
        let now = body.map(|body| {
            (
                shown::record_id.eq(record.to_string()),
                shown::restricted.eq(restricted),
                shown::body.eq(body),
                shown::valid_from.eq(at),
                shown::from_seq.eq(self.seq),
            )
        });
        self.changed = true;
        on!(self.reader.link, |connection| {
            diesel::update(before).set(shown::valid_until.eq(at)).execute(*connection)?;
            if let Some(now) = now {
                // The same record may be judged twice within one change.
                diesel::insert_into(shown::table)
                    .values(now)
                    .on_conflict((shown::record_id, shown::from_seq))
                    .do_update()
                    .set((
                        shown::restricted.eq(excluded(shown::restricted)),
                        shown::body.eq(excluded(shown::body)),
                        shown::valid_until.eq(None::<chrono::NaiveDateTime>),
                    ))
                    .execute(*connection)?;
            }
            Ok(())
        })
    }

    /// Makes records that were judged due at an instant, unless they are due earlier.
    pub fn make_due(&mut self, ids: &[RecordId], at: Timestamp) -> Result<()> {
        for chunk in ids.chunks(CHUNK) {
            let later = judgement::table
                .filter(among(judgement::record_id, chunk))
                .filter(judgement::due_at.is_null().or(judgement::due_at.gt(at.naive())));
            let to = judgement::due_at.eq(at.naive());
            on!(self.reader.link, |connection| diesel::update(later).set(to).execute(*connection))?;
        }
        Ok(())
    }

    /// Makes all records of a kind that were judged due at an instant.
    pub fn make_kind_due(&mut self, kind: RecordKind, at: Timestamp) -> Result<()> {
        let later = judgement::table.filter(judgement::kind.eq(kind.as_str()));
        let to = judgement::due_at.eq(at.naive());
        on!(self.reader.link, |connection| diesel::update(later).set(to).execute(*connection))?;
        Ok(())
    }

    /// Makes those of these records due at an instant that were judged and are of another source.
    pub fn make_due_elsewhere(&mut self, ids: &[RecordId], source: &str, at: Timestamp) -> Result<()> {
        let mut others = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let query =
                record::table.filter(among(record::id, chunk)).filter(record::source.ne(source)).select(record::id);
            let found: Vec<String> = on!(self.reader.link, |connection| query.load(*connection))?;
            others.extend(found.iter().map(|id| read_id(id)).collect::<Result<Vec<_>>>()?);
        }
        self.make_due(&others, at)
    }

    /// Notes the indicators behind the letters of judgements.
    pub fn save_catalogue(&mut self, id: &str, indicators: &[&str]) -> Result<()> {
        let text = serde_json::to_string(indicators).map_err(|error| unreadable("catalogue", error))?;
        let row = (catalogue::id.eq(id), catalogue::indicators.eq(text));
        on!(self.reader.link, |connection| diesel::insert_into(catalogue::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(*connection))?;
        Ok(())
    }

    /// Notes what the records of a kind are judged under from now on.
    pub fn save_judged_under(&mut self, kind: RecordKind, under: &JudgedUnder) -> Result<()> {
        let row = (
            judged_under::kind.eq(kind.as_str()),
            judged_under::definitions.eq(&under.definitions),
            judged_under::relations.eq(&under.relations),
            judged_under::scopes.eq(&under.scopes),
        );
        on!(self.reader.link, |connection| diesel::insert_into(judged_under::table)
            .values(row)
            .on_conflict(judged_under::kind)
            .do_update()
            .set((
                judged_under::definitions.eq(excluded(judged_under::definitions)),
                judged_under::relations.eq(excluded(judged_under::relations)),
                judged_under::scopes.eq(excluded(judged_under::scopes)),
            ))
            .execute(*connection))?;
        Ok(())
    }

    /// Adds to the tally of an indicator in a system and view.
    pub fn add_to_tally(&mut self, indicator: &str, system: System, view: View, by: TallyChange) -> Result<()> {
        let row = TallyRow {
            indicator: indicator.into(),
            system: system.as_str().into(),
            view: view.as_str().into(),
            passing: by.passing,
            failing: by.failing,
            unknown: by.unknown,
        };
        on!(self.reader.link, |connection| diesel::insert_into(tally::table)
            .values(&row)
            .on_conflict((tally::indicator, tally::system, tally::view))
            .do_update()
            .set((
                tally::passing.eq(tally::passing + by.passing),
                tally::failing.eq(tally::failing + by.failing),
                tally::unknown.eq(tally::unknown + by.unknown),
            ))
            .execute(*connection))?;
        Ok(())
    }

    /// Opens findings, as of this change.
    pub fn open_findings(&mut self, findings: &[Finding]) -> Result<()> {
        let rows: Vec<FindingRow> = findings.iter().map(FindingRow::of).collect::<Result<_>>()?;
        insert_rows!(self.reader.link, finding, &rows, "", {
            indicator: Text, record_id: Text, views: Text, opened_at: sql_types::Timestamp, opened_seq: BigInt,
            closed_at: Nullable<sql_types::Timestamp>, version: Text, seen: Text,
        });
        Ok(())
    }

    /// Closes a finding at an instant.
    pub fn close_finding(&mut self, found: &Finding, at: Timestamp) -> Result<()> {
        let key = (found.indicator.as_str(), found.record.to_string(), found.views.as_str(), found.opened_seq);
        let to = finding::closed_at.eq(at.naive());
        on!(self.reader.link, |connection| diesel::update(finding::table.find(key)).set(to).execute(*connection))?;
        Ok(())
    }

    /// Takes back a finding this very change opened.
    pub fn drop_finding(&mut self, found: &Finding) -> Result<()> {
        let key = (found.indicator.as_str(), found.record.to_string(), found.views.as_str(), found.opened_seq);
        on!(self.reader.link, |connection| diesel::delete(finding::table.find(key)).execute(*connection))?;
        Ok(())
    }

    /// The number this change gets, if it changes anything.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Notes that this change changes something beyond records.
    pub fn touch(&mut self) {
        self.changed = true;
    }
}

impl JudgementRow {
    fn of(judgement: &Judgement) -> Self {
        Self {
            record_id: judgement.record.to_string(),
            kind: judgement.kind.as_str().into(),
            catalogue: judgement.catalogue.clone(),
            outcomes: judgement.outcomes.clone(),
            outcomes_general: judgement.outcomes_general.clone(),
            gives: judgement.gives.clone(),
            restricted: judgement.restricted,
            due_at: judgement.due_at.map(Timestamp::naive),
            class: judgement.class.map(|class| class.as_str().into()),
        }
    }

    fn read(self) -> Result<Judgement> {
        Ok(Judgement {
            record: read_id(&self.record_id)?,
            kind: read_kind(&self.kind)?,
            catalogue: self.catalogue,
            outcomes: self.outcomes,
            outcomes_general: self.outcomes_general,
            gives: self.gives,
            restricted: self.restricted,
            due_at: self.due_at.map(Timestamp::from_naive),
            class: self.class.map(|class| class.parse().map_err(|error| unreadable("judgement", error))).transpose()?,
        })
    }
}

impl TallyRow {
    fn read(self) -> Result<StoredTally> {
        Ok(StoredTally {
            indicator: self.indicator,
            system: self.system.parse().map_err(|error| unreadable("tally", error))?,
            tally: Tally {
                passing: self.passing.unsigned_abs(),
                failing: self.failing.unsigned_abs(),
                unknown: self.unknown.unsigned_abs(),
            },
        })
    }
}

impl FindingRow {
    fn of(finding: &Finding) -> Result<Self> {
        Ok(Self {
            indicator: finding.indicator.clone(),
            record_id: finding.record.to_string(),
            views: finding.views.as_str().into(),
            opened_at: finding.opened_at.naive(),
            opened_seq: finding.opened_seq,
            closed_at: finding.closed_at.map(Timestamp::naive),
            version: finding.version.clone(),
            seen: serde_json::to_string(&finding.seen).map_err(|error| unreadable("finding", error))?,
        })
    }

    pub(super) fn read(self) -> Result<Finding> {
        Ok(Finding {
            record: read_id(&self.record_id)?,
            views: Views::read(&self.views),
            opened_at: Timestamp::from_naive(self.opened_at),
            opened_seq: self.opened_seq,
            closed_at: self.closed_at.map(Timestamp::from_naive),
            seen: serde_json::from_str(&self.seen).map_err(|error| unreadable("finding", error))?,
            indicator: self.indicator,
            version: self.version,
        })
    }
}
