//! The scores of suppliers by day.

use super::{Lasting, Reader, Stretch, Transaction, after, on, schema::supplier_sample, unreadable};
use crate::{
    error::Result,
    model::{RecordId, View},
};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    dsl::{count_star, max},
    upsert::excluded,
};
use std::collections::{BTreeSet, HashMap};

/// Rows per statement.
const CHUNK: usize = 1_000;

/// The score of a supplier at the end of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct SupplierSample {
    /// The supplier.
    pub party: RecordId,
    /// Whole UTC days from 1970-01-01.
    pub day: i64,
    /// Its band, or why it has none.
    pub status: String,
    /// The risk left after assurance; `None` if unlinked.
    pub residual: Option<f64>,
    /// The risk before assurance.
    pub inherent: Option<f64>,
    /// The least the residual risk could be.
    pub low: Option<f64>,
    /// The most it could be.
    pub high: Option<f64>,
    /// How likely a failure was taken to be.
    pub likelihood: f64,
    /// The points of all events.
    pub exposure: f64,
    /// How many of the facts the score rests on were known, of how many; `None` if unlinked, or if it was not kept.
    pub known: Option<(u32, u32)>,
}

/// The suppliers with one status on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct SuppliersOnDay {
    /// Whole UTC days from 1970-01-01.
    pub day: i64,
    /// Their band, or why they have none.
    pub status: String,
    /// How many there were.
    pub suppliers: u64,
    /// The highest residual risk of them; `None` if all are unlinked.
    pub highest: Option<f64>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = supplier_sample, treat_none_as_default_value = false)]
struct SampleRow {
    party: String,
    view: String,
    day: i64,
    status: String,
    residual: Option<f64>,
    inherent: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    likelihood: f64,
    exposure: f64,
    changed_seq: i64,
    known: Option<i64>,
    of: Option<i64>,
}

impl Reader<'_> {
    /// True if some supplier was scored on this day.
    pub fn has_samples(&mut self, day: i64) -> Result<bool> {
        let query = supplier_sample::table
            .filter(supplier_sample::view.eq(View::Full.as_str()))
            .filter(supplier_sample::day.eq(day))
            .select(supplier_sample::day);
        let found: Option<i64> = on!(self.link, |connection| query.first(*connection).optional())?;
        Ok(found.is_some())
    }

    /// The scores of a supplier from a day on, by day.
    pub fn supplier_samples(&mut self, party: RecordId, view: View, from: i64) -> Result<Vec<SupplierSample>> {
        let query = supplier_sample::table
            .filter(supplier_sample::party.eq(party.to_string()))
            .filter(supplier_sample::view.eq(view.as_str()))
            .filter(supplier_sample::day.ge(from))
            .order(supplier_sample::day)
            .select(supplier_sample::all_columns);
        let rows: Vec<SampleRow> = on!(self.link, |connection| query.load(*connection))?;
        rows.into_iter().map(|row| Ok(row.read()?.item)).collect()
    }

    /// How many suppliers had each status, from a day on; by day and status.
    pub fn suppliers_by_day(&mut self, view: View, from: i64) -> Result<Vec<SuppliersOnDay>> {
        let query = supplier_sample::table
            .filter(supplier_sample::view.eq(view.as_str()))
            .filter(supplier_sample::day.ge(from))
            .group_by((supplier_sample::day, supplier_sample::status))
            .order((supplier_sample::day, supplier_sample::status))
            .select((supplier_sample::day, supplier_sample::status, count_star(), max(supplier_sample::residual)));
        let rows: Vec<(i64, String, i64, Option<f64>)> = on!(self.link, |connection| query.load(*connection))?;
        let on_day = |(day, status, suppliers, highest): (i64, String, i64, Option<f64>)| SuppliersOnDay {
            day,
            status,
            suppliers: suppliers.unsigned_abs(),
            highest,
        };
        Ok(rows.into_iter().map(on_day).collect())
    }

    /// Every score of a view, by supplier and day, after one.
    pub fn samples_by_key(
        &mut self,
        view: View,
        after: Option<&SupplierSample>,
        limit: u32,
    ) -> Result<Vec<Lasting<SupplierSample>>> {
        let rows: Vec<SampleRow> = on!(self.link, |connection| {
            let mut rows = supplier_sample::table.filter(supplier_sample::view.eq(view.as_str())).into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!("party, \"day\"", Text: last.party.to_string(), BigInt: last.day));
            }
            rows.order((supplier_sample::party, supplier_sample::day))
                .limit(limit.into())
                .select(supplier_sample::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(SampleRow::read).collect()
    }

    /// The scores of a view that came or changed in a stretch, by change, after one.
    pub fn samples_changed(
        &mut self,
        view: View,
        stretch: &Stretch,
        after: Option<&Lasting<SupplierSample>>,
        limit: u32,
    ) -> Result<Vec<Lasting<SupplierSample>>> {
        let rows: Vec<SampleRow> = on!(self.link, |connection| {
            let mut rows = supplier_sample::table
                .filter(supplier_sample::view.eq(view.as_str()))
                .filter(supplier_sample::changed_seq.between(stretch.from, stretch.to))
                .into_boxed();
            if let Some(last) = after {
                rows = rows.filter(after!(
                    "changed_seq, party, \"day\"",
                    BigInt: last.seq,
                    Text: last.item.party.to_string(),
                    BigInt: last.item.day
                ));
            }
            rows.order((supplier_sample::changed_seq, supplier_sample::party, supplier_sample::day))
                .limit(limit.into())
                .select(supplier_sample::all_columns)
                .load(*connection)
        })?;
        rows.into_iter().map(SampleRow::read).collect()
    }

    /// The scores these samples are in place of.
    fn earlier_samples(&mut self, view: View, samples: &[SupplierSample]) -> Result<Vec<SupplierSample>> {
        let days: BTreeSet<i64> = samples.iter().map(|sample| sample.day).collect();
        let mut found = Vec::new();
        for chunk in samples.chunks(CHUNK) {
            let query = supplier_sample::table
                .filter(supplier_sample::party.eq_any(chunk.iter().map(|sample| sample.party.to_string())))
                .filter(supplier_sample::view.eq(view.as_str()))
                .filter(supplier_sample::day.eq_any(days.iter().copied()))
                .select(supplier_sample::all_columns);
            found.extend(on!(self.link, |connection| query.load::<SampleRow>(*connection))?);
        }
        found.into_iter().map(|row| Ok(row.read()?.item)).collect()
    }
}

impl Transaction<'_> {
    /// Keeps the scores of a day in a view, in place of earlier ones of the same day; one that is the same stays.
    pub fn keep_samples(&mut self, view: View, samples: &[SupplierSample]) -> Result<()> {
        let earlier = self.earlier_samples(view, samples)?;
        let earlier: HashMap<(RecordId, i64), &SupplierSample> =
            earlier.iter().map(|sample| ((sample.party, sample.day), sample)).collect();
        let others = samples.iter().filter(|sample| earlier.get(&(sample.party, sample.day)) != Some(sample));
        let rows: Vec<SampleRow> = others.map(|sample| SampleRow::of(sample, view, self.seq)).collect();
        self.changed |= !rows.is_empty();
        for chunk in rows.chunks(CHUNK) {
            on!(self.reader.link, |connection| diesel::insert_into(supplier_sample::table)
                .values(chunk)
                .on_conflict((supplier_sample::party, supplier_sample::view, supplier_sample::day))
                .do_update()
                .set((
                    supplier_sample::status.eq(excluded(supplier_sample::status)),
                    supplier_sample::residual.eq(excluded(supplier_sample::residual)),
                    supplier_sample::inherent.eq(excluded(supplier_sample::inherent)),
                    supplier_sample::low.eq(excluded(supplier_sample::low)),
                    supplier_sample::high.eq(excluded(supplier_sample::high)),
                    supplier_sample::likelihood.eq(excluded(supplier_sample::likelihood)),
                    supplier_sample::exposure.eq(excluded(supplier_sample::exposure)),
                    supplier_sample::changed_seq.eq(excluded(supplier_sample::changed_seq)),
                    supplier_sample::known.eq(excluded(supplier_sample::known)),
                    supplier_sample::of.eq(excluded(supplier_sample::of)),
                ))
                .execute(*connection))?;
        }
        Ok(())
    }
}

impl SampleRow {
    fn of(sample: &SupplierSample, view: View, changed_seq: i64) -> Self {
        Self {
            party: sample.party.to_string(),
            view: view.as_str().into(),
            day: sample.day,
            status: sample.status.clone(),
            residual: sample.residual,
            inherent: sample.inherent,
            low: sample.low,
            high: sample.high,
            likelihood: sample.likelihood,
            exposure: sample.exposure,
            changed_seq,
            known: sample.known.map(|(known, _)| known.into()),
            of: sample.known.map(|(_, of)| of.into()),
        }
    }

    fn read(self) -> Result<Lasting<SupplierSample>> {
        let number = |of: Option<i64>| {
            of.map(u32::try_from).transpose().map_err(|error| unreadable("score of a supplier", error))
        };
        let item = SupplierSample {
            party: self.party.parse().map_err(|error| unreadable("score of a supplier", error))?,
            day: self.day,
            status: self.status,
            residual: self.residual,
            inherent: self.inherent,
            low: self.low,
            high: self.high,
            likelihood: self.likelihood,
            exposure: self.exposure,
            known: number(self.known)?.zip(number(self.of)?),
        };
        Ok(Lasting { item, seq: self.changed_seq, gone: false })
    }
}
