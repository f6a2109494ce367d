//! What a party or an agreement may not say of itself.

use super::{Body, RecordId};
use crate::error::Problem;

/// Nobody supplies themselves, and what is agreed does not end before it starts. What is wrong names the field.
pub fn check_supply(id: RecordId, body: &Body) -> Result<(), Problem> {
    match body {
        Body::Party(party) if party.lead_supplier.get().is_some_and(|lead| lead.id == id) => {
            Err(Problem::new("lead_supplier", "a supplier cannot be its own sub-supplier"))
        }
        Body::Agreement(agreement) => {
            if let (Some(start), Some(end)) = (agreement.starts_at.get(), agreement.ends_at.get())
                && end <= start
            {
                return Err(Problem::new("ends_at", format!("{end} is not after `starts_at`, {start}")));
            }
            // Of several parties one may be another's sub-supplier; one alone can be nobody else's.
            let (parties, named) = (agreement.parties.get(), agreement.subcontractors.get());
            match (parties.map(Vec::as_slice), named) {
                (Some([only]), Some(named)) if named.contains(only) => {
                    let rule = format!(
                        "{} is the only party to the agreement, so it would be its own sub-supplier",
                        only.external_id
                    );
                    Err(Problem::new("subcontractors", rule))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
