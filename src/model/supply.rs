//! What a party or an agreement may not say of itself.

use super::{Body, RecordId};

/// Nobody supplies themselves, and what is agreed does not end before it starts.
pub fn check_supply(id: RecordId, body: &Body) -> Result<(), String> {
    match body {
        Body::Party(party) if party.lead_supplier.get().is_some_and(|lead| lead.id == id) => {
            Err("`lead_supplier`: a supplier cannot be its own sub-supplier".into())
        }
        Body::Agreement(agreement) => {
            if let (Some(start), Some(end)) = (agreement.starts_at.get(), agreement.ends_at.get())
                && end <= start
            {
                return Err(format!("`ends_at`: {end} is not after `starts_at`, {start}"));
            }
            // Of several parties one may be another's sub-supplier; one alone can be nobody else's.
            let (parties, named) = (agreement.parties.get(), agreement.subcontractors.get());
            match (parties.map(Vec::as_slice), named) {
                (Some([only]), Some(named)) if named.contains(only) => Err(format!(
                    "`subcontractors`: {} is the only party to the agreement, so it would be its own sub-supplier",
                    only.external_id
                )),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
