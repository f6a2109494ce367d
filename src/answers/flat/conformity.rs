//! Tables of conformity: the status of each requirement, and the records that fail indicators.

use super::{At, Changed, ColumnType, Described, PAGE, Rows, When, column};
use crate::{
    assess::Rules,
    error::Result,
    evaluate::requirement_subject,
    model::{RecordId, RecordKind, View},
    report::Cell,
    store::{Finding, Reader, Stretch},
};
use std::collections::BTreeSet;

pub(super) fn requirements() -> Described {
    use ColumnType::{Text, Time};
    let columns = vec![
        column("requirement", Text, "The requirement, as `edition/number`."),
        column("edition", Text, "The edition it is of."),
        column("number", Text, "Its number there."),
        column("title", Text, "Its short title."),
        column("kind", Text, "What sort of node it is."),
        column(
            "status",
            Text,
            "Its status, with what is below it; `withdrawn` if its edition is not aimed at any more.",
        ),
        column("since", Time, "Since when the status is this one."),
    ];
    ("a requirement that asks for something", &["requirement"], columns)
}

pub(super) fn requirement_rows(
    reader: &mut Reader<'_>,
    rules: &Rules,
    view: View,
    stretch: Option<&Stretch>,
) -> Result<Rows> {
    let statuses = reader.statuses(view, None)?;
    let mut cells = Vec::new();
    for requirement in rules.standards.requirements() {
        let Some(kept) = statuses.get(&requirement_subject(&requirement.id)) else { continue };
        if stretch.is_some_and(|stretch| kept.since < stretch.since) {
            continue;
        }
        let row = vec![
            Cell::of(&requirement.id),
            Cell::from(requirement.id.edition()),
            Cell::from(requirement.id.number()),
            Cell::from(&requirement.title),
            Cell::of(requirement.kind),
            Cell::from(&kept.status),
            kept.since.into(),
        ];
        cells.push((row, When { at: Changed::At(kept.since), gone: None }));
    }
    Ok(Rows { cells, then: At::End })
}

pub(super) fn findings() -> Described {
    use ColumnType::{Id, Text, Time};
    let columns = vec![
        column("indicator", Text, "The indicator's id: the statement that is not true of the record."),
        column("record", Id, "The record that fails it.").joining(RecordKind::ALL),
        column("since", Time, "Since when it fails."),
        column("version", Text, "The version of the definition it was judged by."),
    ];
    ("a record that fails an indicator", &["indicator", "record", "since"], columns)
}

pub(super) fn opened_rows(
    reader: &mut Reader<'_>,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Finding>,
) -> Result<Rows> {
    let (found, then) = match stretch {
        None => (reader.findings_by_key(view, last, PAGE)?, At::End),
        Some(stretch) => (reader.findings_opened(view, stretch, last, PAGE)?, At::Closed(None)),
    };
    Ok(Rows::of(found, finding, |last| At::Opened(Some(Box::new(last))), then))
}

pub(super) fn closed_rows(
    reader: &mut Reader<'_>,
    view: View,
    stretch: Option<&Stretch>,
    last: Option<&Finding>,
) -> Result<Rows> {
    let Some(stretch) = stretch else { return Ok(Rows::none()) };
    let found = reader.findings_closed(view, stretch, last, PAGE)?;
    let records: Vec<RecordId> = found.iter().map(|finding| finding.record).collect();
    let key = |finding: &Finding| (finding.indicator.clone(), finding.record, finding.opened_at);
    let open = reader.open_findings_on(&records)?;
    let open: BTreeSet<_> = open.iter().filter(|finding| finding.views.has(view)).map(key).collect();
    let goes_on: Vec<bool> = found.iter().map(|finding| open.contains(&key(finding))).collect();
    let mut rows = Rows::of(found, finding, |last| At::Closed(Some(Box::new(last))), At::End);
    let mut goes_on = goes_on.into_iter();
    rows.cells.retain(|_| !goes_on.next().unwrap_or_default());
    Ok(rows)
}

fn finding(found: &Finding) -> (Vec<Cell>, When) {
    let cells =
        vec![Cell::from(&found.indicator), found.record.into(), found.opened_at.into(), Cell::from(&found.version)];
    (cells, When { at: Changed::With(found.opened_seq), gone: found.closed_at.map(Changed::At) })
}
