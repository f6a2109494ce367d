//! Flat tables for dashboards: each with documented columns that stay, keys that join, and a time of change in every
//! row, so that a dashboard reads them whole once and then only what changed. They are read page by page: however many
//! rows there are, one page is held.

mod conformity;
mod records;
mod suppliers;

use crate::{
    assess::Rules,
    error::{Error, Result, did_you_mean},
    model::{FieldType, Record, RecordId, RecordKind, Timestamp, View, names},
    report::{Cell, Column, Table},
    store::{CountedTicket, Finding, Lasting, Reader, Store, StoredGap, Stretch, SupplierSample, TicketKey},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Rows read at a time.
const PAGE: u32 = 1_000;

names! {
    /// What the values of a column are. An empty cell, or null, says that there is none.
    pub enum ColumnType {
        /// A UUID; the same one wherever the same thing is meant.
        Id = "id",
        /// UUIDs, joined by `; `.
        Ids = "ids",
        /// Text.
        Text = "text",
        /// Texts, joined by `; `.
        Texts = "texts",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
        /// An instant, as RFC 3339 in UTC.
        Time = "time",
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlatColumn {
    /// Its name: the head of the CSV, the key in JSON.
    pub name: &'static str,
    /// What its values are.
    pub r#type: ColumnType,
    /// What it says.
    pub meaning: String,
    /// The tables whose `id` it holds; empty if it joins nothing.
    pub joins: Vec<&'static str>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlatTable {
    /// Its name.
    pub table: &'static str,
    /// What a row of it is.
    pub row: String,
    /// The columns that together tell a row from all others.
    pub key: Vec<&'static str>,
    /// Its columns, from left to right. One may be added before the last two; none changes or goes.
    pub columns: Vec<FlatColumn>,
}

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Records(RecordKind),
    Scores,
    Contributions,
    Gaps,
    Requirements,
    Findings,
}

impl Of {
    fn all() -> impl Iterator<Item = Self> {
        let kinds = RecordKind::ALL.iter().map(|kind| Self::Records(*kind));
        kinds.chain([Self::Scores, Self::Contributions, Self::Gaps, Self::Requirements, Self::Findings])
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Records(kind) => kind.as_str(),
            Self::Scores => "supplier_score",
            Self::Contributions => "supplier_contribution",
            Self::Gaps => "supplier_gap",
            Self::Requirements => "requirement_status",
            Self::Findings => "finding",
        }
    }

    fn described(self) -> FlatTable {
        let (row, key, mut columns) = match self {
            Self::Records(kind) => records::described(kind),
            Self::Scores => suppliers::scores(),
            Self::Contributions => suppliers::contributions(),
            Self::Gaps => suppliers::gaps(),
            Self::Requirements => conformity::requirements(),
            Self::Findings => conformity::findings(),
        };
        columns.push(column("updated_at", ColumnType::Time, "When the row came to be what it is."));
        columns.push(column("deleted_at", ColumnType::Time, self.deletion()));
        FlatTable { table: self.name(), row: row.into(), key: key.to_vec(), columns }
    }

    /// What the last column says.
    const fn deletion(self) -> &'static str {
        match self {
            Self::Records(_) => {
                "When it was found to be gone from its source, or, in the general view, came to be restricted."
            }
            Self::Scores => "Always empty: what was scored on a day stays.",
            Self::Contributions => "When it ceased to add anything.",
            Self::Gaps => "When it was found to be missing no more.",
            Self::Requirements => "Always empty: a requirement stays.",
            Self::Findings => "When the record ceased to fail.",
        }
    }
}

/// What a row is, its key, its columns.
type Described = (&'static str, &'static [&'static str], Vec<FlatColumn>);

fn column(name: &'static str, r#type: ColumnType, meaning: &str) -> FlatColumn {
    FlatColumn { name, r#type, meaning: meaning.into(), joins: Vec::new() }
}

impl FlatColumn {
    fn joining(self, tables: &[RecordKind]) -> Self {
        Self { joins: tables.iter().map(|kind| kind.as_str()).collect(), ..self }
    }

    fn from_field(name: &'static str, meaning: &str, of: FieldType) -> Self {
        use ColumnType::{Boolean, Id, Ids, Integer, Number, Text, Texts, Time};
        let (r#type, joins) = match of {
            FieldType::Bool => (Boolean, &[][..]),
            FieldType::Integer { .. } => (Integer, &[][..]),
            FieldType::Number => (Number, &[][..]),
            FieldType::Time => (Time, &[][..]),
            FieldType::Text | FieldType::Name(_) => (Text, &[][..]),
            FieldType::TextList | FieldType::NameList(_) | FieldType::Certificates => (Texts, &[][..]),
            FieldType::Reference(kind) => (Id, &[kind][..]),
            FieldType::ReferenceList(kind) => (Ids, &[kind][..]),
            FieldType::AnyReference => (Id, RecordKind::ALL),
        };
        column(name, r#type, meaning).joining(joins)
    }
}

/// Every table, with its columns.
pub fn flat_tables() -> Vec<FlatTable> {
    Of::all().map(Of::described).collect()
}

/// A table that is being read.
pub struct FlatReading {
    of: Of,
    view: View,
    /// What changed in it, or everything without.
    stretch: Option<Stretch>,
    at: At,
    /// What to ask for next time, to read on from here.
    pub next_since: Timestamp,
}

/// Where reading stands: after which row, by which order.
enum At {
    Records(Option<Box<Record>>),
    Withheld(Option<Lasting<RecordId>>),
    Scores(Option<Lasting<SupplierSample>>),
    Counted(Option<Lasting<CountedTicket>>),
    CountedNoMore(Option<Lasting<TicketKey>>),
    Gaps(Option<Lasting<StoredGap>>),
    Requirements,
    Opened(Option<Box<Finding>>),
    Closed(Option<Box<Finding>>),
    End,
}

/// Rows read at once: cells with the change they came with.
struct Rows {
    cells: Vec<(Vec<Cell>, When)>,
    then: At,
}

/// When a row came to be what it is, and whether it is gone since.
struct When {
    at: Changed,
    gone: Option<Changed>,
}

/// An instant, or the number of a change that has one.
#[derive(Clone, Copy)]
enum Changed {
    At(Timestamp),
    With(i64),
}

impl FlatReading {
    /// Begins to read a table: everything there is, or what changed from an instant on and what is gone since.
    pub fn begin(store: &Store, table: &str, view: View, since: Option<Timestamp>) -> Result<Self> {
        let names = || Of::all().map(Of::name);
        let of = Of::all()
            .find(|of| of.name() == table)
            .ok_or_else(|| Error::NotFound(format!("there is no table `{table}`{}", did_you_mean(table, names()))))?;
        let (stretch, ledger) = store.read(|reader| {
            let stretch = since.map(|since| reader.stretch(since)).transpose()?;
            Ok((stretch, reader.ledger()?))
        })?;
        let at = match of {
            Of::Records(_) => At::Records(None),
            Of::Scores => At::Scores(None),
            Of::Contributions => At::Counted(None),
            Of::Gaps => At::Gaps(None),
            Of::Requirements => At::Requirements,
            Of::Findings => At::Opened(None),
        };
        Ok(Self { of, view, stretch, at, next_since: ledger.at })
    }

    /// The table without rows.
    pub fn head(&self) -> Table {
        let columns = self.of.described().columns;
        Table::new(self.of.name(), columns.iter().map(|column| Column::new(column.name, 24)).collect())
    }

    /// The next rows; `None` after the last.
    pub fn next(&mut self, store: &Store, rules: &Rules) -> Result<Option<Table>> {
        if matches!(self.at, At::End) {
            return Ok(None);
        }
        let mut table = self.head();
        store.read(|reader| {
            let Rows { cells, then } = self.rows(reader, rules)?;
            let numbers = cells.iter().flat_map(|(_, when)| [Some(when.at), when.gone]).flatten();
            let seqs: BTreeSet<i64> = numbers.filter_map(Changed::number).collect();
            let moments = reader.moments(&seqs)?;
            for (row, when) in cells {
                let gone = when.gone.map(|gone| gone.instant(&moments));
                let updated = gone.unwrap_or_else(|| when.at.instant(&moments));
                table.push(row.into_iter().chain([updated.into(), gone.into()]));
            }
            self.at = then;
            Ok(())
        })?;
        Ok(Some(table))
    }

    fn rows(&self, reader: &mut Reader<'_>, rules: &Rules) -> Result<Rows> {
        let (view, stretch) = (self.view, self.stretch.as_ref());
        match (&self.at, self.of) {
            (At::Records(last), Of::Records(kind)) => records::rows(reader, kind, view, stretch, last.as_deref()),
            (At::Withheld(last), Of::Records(kind)) => records::withheld_rows(reader, kind, stretch, last.as_ref()),
            (At::Scores(last), _) => suppliers::score_rows(reader, view, stretch, last.as_ref()),
            (At::Counted(last), _) => suppliers::contribution_rows(reader, rules, view, stretch, last.as_ref()),
            (At::CountedNoMore(last), _) => suppliers::gone_rows(reader, view, stretch, last.as_ref()),
            (At::Gaps(last), _) => suppliers::gap_rows(reader, stretch, last.as_ref()),
            (At::Requirements, _) => conformity::requirement_rows(reader, rules, view, stretch),
            (At::Opened(last), _) => conformity::opened_rows(reader, view, stretch, last.as_deref()),
            (At::Closed(last), _) => conformity::closed_rows(reader, view, stretch, last.as_deref()),
            (At::Records(_) | At::Withheld(_) | At::End, _) => Ok(Rows::none()),
        }
    }
}

impl Rows {
    /// The end.
    const fn none() -> Self {
        Self { cells: Vec::new(), then: At::End }
    }

    /// Rows of these items, then on after the last of them; or on to `else`, if there are no more.
    fn of<T>(items: Vec<T>, row: impl FnMut(&T) -> (Vec<Cell>, When), on: impl FnOnce(T) -> At, otherwise: At) -> Self {
        let full = items.len() >= PAGE as usize;
        let cells = items.iter().map(row).collect();
        let then = items.into_iter().next_back().filter(|_| full).map_or(otherwise, on);
        Self { cells, then }
    }
}

impl When {
    const fn with(seq: i64, gone: bool) -> Self {
        let change = Changed::With(seq);
        Self { at: change, gone: if gone { Some(change) } else { None } }
    }
}

impl Changed {
    const fn number(self) -> Option<i64> {
        match self {
            Self::With(seq) => Some(seq),
            Self::At(_) => None,
        }
    }

    fn instant(self, moments: &BTreeMap<i64, Timestamp>) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::With(seq) => moments.get(&seq).copied().unwrap_or(Timestamp::from_millis(0)),
        }
    }
}
