//! The risk of every supplier, from every record, in both views.

use crate::{
    assess::{
        Rules,
        supplier_risk::{Band, supplier_risks},
    },
    error::{Error, Result},
    model::{Graph, Record, RecordKind, View},
    store::{Conclusion, Transaction},
};

/// How old a complete read of tickets may be for their absence to count in a supplier's favour, in days.
const TICKET_FEED_MAX_AGE: i64 = 2;

/// Scores every supplier anew.
pub(super) fn recount(transaction: &mut Transaction<'_>, rules: &Rules) -> Result<()> {
    let at = transaction.at();
    let checkpoints = transaction.checkpoints()?;
    let mut records = transaction.all_records()?;
    let fed = rules.fed_until(RecordKind::Ticket, &checkpoints);
    let fresh = fed.is_some_and(|until| until.plus_days(TICKET_FEED_MAX_AGE) >= at);
    let mut score = |view: View, records: &[Record]| {
        let graph = Graph::new(records, rules.known_relations(&checkpoints));
        let conclusions = supplier_risks(&graph, &rules.supplier_risk, at, fresh)
            .into_iter()
            .map(|supplier| {
                let status = supplier.band.map_or(supplier.rating.as_str(), Band::as_str);
                let body = serde_json::to_string(&supplier).map_err(|error| Error::Internal(error.to_string()))?;
                let subject = format!("supplier/{}", supplier.party);
                Ok(Conclusion { subject, status: status.into(), since: at, body })
            })
            .collect::<Result<Vec<_>>>()?;
        transaction.replace_conclusions(view, &conclusions)
    };
    score(View::Full, &records)?;
    records.retain(|record| !record.body.is_restricted());
    score(View::General, &records)
}
