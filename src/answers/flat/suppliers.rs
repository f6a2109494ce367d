//! Tables of supplier risk: scores by day, what tickets add, what is missing.

use super::{At, ColumnType, Described, PAGE, Rows, When, column};
use crate::{
    answers::tables::cells_of_gap,
    assess::{
        Rules,
        supplier_risk::{EventModel, Gap, Score},
    },
    error::{Error, Result},
    model::{OPEN, RecordKind, Timestamp, View},
    report::Cell,
    store::{CountedTicket, Lasting, Reader, StoredGap, Stretch, SupplierSample, TicketKey},
};

const PARTY: &[RecordKind] = &[RecordKind::Party];
const SERVICE: &[RecordKind] = &[RecordKind::Service];
const TICKET: &[RecordKind] = &[RecordKind::Ticket];
const ABOUT: &[RecordKind] = &[RecordKind::Agreement, RecordKind::ConfigurationItem];

pub(super) fn scores() -> Described {
    use ColumnType::{Id, Integer, Number, Text, Time};
    let columns = vec![
        column("party", Id, "The supplier.").joining(PARTY),
        column("day", Time, "The day, in UTC; its row changes until it ends."),
        column("status", Text, "Its band (low, moderate, high, severe), or why it has none (unrated, unlinked)."),
        column("residual", Number, "The risk left after assurance, 0 to 100; empty if unlinked."),
        column("inherent", Number, "The risk before assurance, 0 to 100; empty if unlinked."),
        column("low", Number, "The least the residual risk could be; empty if unlinked."),
        column("high", Number, "The most it could be; empty if unlinked."),
        column("likelihood", Number, "How likely a failure was taken to be, 0 to 100."),
        column("exposure", Number, "The points of all events."),
        column("confidence_known", Integer, "How many of the facts the score rests on were known; empty if unlinked."),
        column("confidence_of", Integer, "How many facts it rests on; empty if unlinked."),
    ];
    ("a supplier on a day", &["party", "day"], columns)
}

pub(super) fn score_rows(
    reader: &mut Reader<'_>,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Lasting<SupplierSample>>,
) -> Result<Rows> {
    let samples = match stretch {
        None => reader.samples_by_key(view, last.map(|last| &last.item), PAGE)?,
        Some(stretch) => reader.samples_changed(view, stretch, last, PAGE)?,
    };
    let score = |score: Option<f64>| Cell::from(score.map(|score| Score::new(score).rounded()));
    let row = |kept: &Lasting<SupplierSample>| {
        let sample = &kept.item;
        let cells = vec![
            sample.party.into(),
            Timestamp::from_millis(0).plus_days(sample.day).into(),
            Cell::from(&sample.status),
            score(sample.residual),
            score(sample.inherent),
            score(sample.low),
            score(sample.high),
            score(Some(sample.likelihood)),
            sample.exposure.into(),
            sample.known.map(|(known, _)| known).into(),
            sample.known.map(|(_, of)| of).into(),
        ];
        (cells, When::with(kept.seq, kept.gone))
    };
    Ok(Rows::of(samples, row, |last| At::Scores(Some(last)), At::End))
}

pub(super) fn contributions() -> Described {
    use ColumnType::{Id, Integer, Number, Text, Time};
    let columns = vec![
        column("record", Id, "The ticket.").joining(TICKET),
        column("party", Id, "The supplier it adds to.").joining(PARTY),
        column("input", Text, "What it counts as."),
        column("priority", Text, "Its priority: 1 to 4, `unknown`, or `fixed` where its sort weighs the same at any."),
        column("reason", Text, "The supplier's part in it."),
        column("cause", Id, "The ticket that is its primary cause; itself for problems, nonconformities, complaints.")
            .joining(TICKET),
        column("ended_on", Time, "The day it ended, in UTC; empty while open."),
        column("base", Number, "Points by what it counts as."),
        column("severity", Number, "Factor by priority."),
        column("share", Number, "Factor by the supplier's part."),
        column("points", Number, "Base by severity by share: what it adds before it ages."),
        column("half_life_days", Integer, "Days after its end in which it loses half of its points."),
        column("limit_days", Integer, "Days after its end from which on it adds nothing."),
    ];
    ("what a ticket adds to a supplier's exposure", &["record", "party", "input"], columns)
}

pub(super) fn contribution_rows(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Lasting<CountedTicket>>,
) -> Result<Rows> {
    let counted = match stretch {
        None => reader.counted_by_key(view, last.map(|last| &last.item), PAGE)?,
        Some(stretch) => reader.counted_changed(view, stretch, last, PAGE)?,
    };
    let events = &rules.supplier_risk.events;
    let row = |kept: &Lasting<CountedTicket>| (contribution(events, &kept.item), When::with(kept.seq, false));
    let then = if stretch.is_some() { At::CountedNoMore(None) } else { At::End };
    Ok(Rows::of(counted, row, |last| At::Counted(Some(last)), then))
}

fn contribution(events: &EventModel, ticket: &CountedTicket) -> Vec<Cell> {
    let key = ticket.contribution.key;
    let ended = (key.day < OPEN).then(|| Timestamp::from_millis(0).plus_days(key.day));
    vec![
        ticket.record.into(),
        ticket.contribution.party.into(),
        Cell::of(key.input),
        Cell::of(key.severity),
        Cell::of(key.reason),
        key.cause.into(),
        ended.into(),
        events.base(key.input).into(),
        events.severity(key.severity).into(),
        events.share(key.reason).into(),
        events.fresh_points(&key).into(),
        events.half_life(key.input).into(),
        events.limit_days.into(),
    ]
}

/// What tickets added once: the key alone, as the rest says nothing any more.
pub(super) fn gone_rows(
    reader: &mut Reader<'_>,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Lasting<TicketKey>>,
) -> Result<Rows> {
    let Some(stretch) = stretch else { return Ok(Rows::none()) };
    let gone = reader.counted_no_more(view, stretch, last, PAGE)?;
    let keys: Vec<TicketKey> = gone.iter().map(|gone| gone.item).collect();
    let still = reader.still_counted(view, &keys)?;
    let width = contributions().2.len();
    let row = |gone: &Lasting<TicketKey>| {
        let (ticket, party, input) = gone.item;
        let mut cells = vec![ticket.into(), party.into(), Cell::of(input)];
        cells.resize(width, Cell::Empty);
        (cells, When::with(gone.seq, true))
    };
    let mut at = keys.iter();
    let mut rows = Rows::of(gone, row, |last| At::CountedNoMore(Some(last)), At::End);
    rows.cells.retain(|_| at.next().is_none_or(|key| !still.contains(key)));
    Ok(rows)
}

pub(super) fn gaps() -> Described {
    use ColumnType::{Boolean, Id, Text, Time};
    let columns = vec![
        column("gap", Text, "Tells it from what else is missing of the supplier."),
        column("kind", Text, "What is missing."),
        column("party", Id, "The supplier.").joining(PARTY),
        column("party_name", Text, "What it is called."),
        column("service", Id, "The service; empty if it is about none in particular.").joining(SERVICE),
        column("service_name", Text, "What it is called."),
        column("record", Id, "The agreement or configuration item it is about.").joining(ABOUT),
        column("record_name", Text, "What that is called, or its identifier in its source."),
        column("certain", Boolean, "False if no source says whether it is missing."),
        column("due_at", Time, "When it ends or ended, for what has an end."),
    ];
    (
        "something that is missing of a supplier, or ends within 90 days; found when anything around it changes, and at \
         midnight UTC",
        &["party", "gap"],
        columns,
    )
}

pub(super) fn gap_rows(
    reader: &mut Reader<'_>,
    stretch: Option<&Stretch>,
    last: Option<&Lasting<StoredGap>>,
) -> Result<Rows> {
    let kept = match stretch {
        None => reader.gaps_by_key(last.map(|last| &last.item), PAGE)?,
        Some(stretch) => reader.gaps_changed(stretch, last, PAGE)?,
    };
    let mut read = Vec::with_capacity(kept.len());
    for kept in &kept {
        let gap: Gap = serde_json::from_str(&kept.item.body).map_err(|error| Error::Internal(error.to_string()))?;
        read.push(gap);
    }
    let mut gaps = read.iter();
    let row = |kept: &Lasting<StoredGap>| {
        let cells = gaps.next().map(cells_of_gap).into_iter().flatten();
        (std::iter::once(Cell::from(&kept.item.key)).chain(cells).collect(), When::with(kept.seq, kept.gone))
    };
    Ok(Rows::of(kept.clone(), row, |last| At::Gaps(Some(last)), At::End))
}
