//! Questions about supplier risk.

use super::{
    NOTICE,
    conformity::{body, nothing_concluded},
};
use crate::{
    assess::supplier_risk::SupplierRisk,
    error::{Error, Result},
    model::{RecordId, RecordKind, Timestamp, View},
    store::Store,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The risk of a supplier, with everything that makes it up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupplierRiskAnswer {
    /// A standing notice, whether or not anything is restricted.
    pub notice: &'static str,
    /// Since when the band is this one.
    pub since: Timestamp,
    /// The risk and what makes it.
    #[serde(flatten)]
    pub risk: SupplierRisk,
}

/// The risk of every supplier, the highest residual risk first.
pub fn supplier_risks(store: &Store, view: View) -> Result<Vec<SupplierRiskAnswer>> {
    let conclusions = store.read(|reader| reader.conclusions("supplier/", view))?;
    let mut risks = Vec::with_capacity(conclusions.len());
    for conclusion in conclusions {
        risks.push(SupplierRiskAnswer { notice: NOTICE, since: conclusion.since, risk: body(&conclusion)? });
    }
    risks.sort_by_cached_key(|answer| answer.risk.rank());
    Ok(risks)
}

/// The risk of a supplier by its record's id.
pub fn supplier_risk(store: &Store, id: RecordId, view: View) -> Result<SupplierRiskAnswer> {
    store.read(|reader| {
        if let Some(conclusion) = reader.conclusion(&format!("supplier/{id}"), view)? {
            return Ok(SupplierRiskAnswer { notice: NOTICE, since: conclusion.since, risk: body(&conclusion)? });
        }
        match reader.record(id)? {
            Some(record) if record.body.kind() == RecordKind::Party => {
                Err(Error::NotFound(format!("the party `{id}` is no supplier, so it has no supplier risk")))
            }
            Some(record) => Err(Error::NotFound(format!("`{id}` is a {}, not a party", record.body.kind()))),
            None if reader.ledger()?.concluded_seq < 0 => Err(nothing_concluded()),
            None => Err(Error::NotFound(format!("there is no supplier `{id}`"))),
        }
    })
}
