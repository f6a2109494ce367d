//! The configuration items that contribute to a service, summed up, so that what is asked of all of them is answered
//! without looking at each.

use super::{Body, Field, Rating, Record, RecordId, RiskStatus};
use serde::{Deserialize, Serialize};

/// The configuration items that contribute to a service, directly or through others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributingItems {
    /// How many there are that are not deleted.
    pub count: u64,
    /// Their confidentiality, integrity and availability.
    pub ratings: [HighestRating; 3],
    /// True if one of them carries out a control.
    pub control: bool,
    /// True if a risk that is not closed concerns one of them.
    pub at_risk: bool,
}

/// The ratings of some configuration items in one respect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighestRating {
    /// The highest stated; null if there is none.
    pub stated: Option<i64>,
    /// True if one of the items has none.
    pub missing: bool,
}

/// The services and configuration items that a record puts at risk: it is a risk that is not closed, and concerns them.
pub fn at_risk(record: &Record) -> Vec<RecordId> {
    match &record.body {
        Body::Risk(risk) if record.deleted_at.is_none() && risk.status.get() != Some(&RiskStatus::Closed) => {
            let (services, items) = (risk.services.get(), risk.items.get());
            services.into_iter().chain(items).flatten().map(|concerned| concerned.id).collect()
        }
        _ => Vec::new(),
    }
}

impl ContributingItems {
    /// Counts a record, if it is a configuration item that is not deleted.
    pub fn add(&mut self, record: &Record) {
        let Body::ConfigurationItem(item) = &record.body else { return };
        if record.deleted_at.is_some() {
            return;
        }
        self.count += 1;
        let [confidentiality, integrity, availability] = &mut self.ratings;
        confidentiality.add(&item.confidentiality);
        integrity.add(&item.integrity);
        availability.add(&item.availability);
        self.control |= item.controls.get().is_some_and(|controls| !controls.is_empty());
    }

    /// These and others; what is in both is counted twice.
    pub fn and(&mut self, others: &Self) {
        self.count += others.count;
        for (rating, other) in self.ratings.iter_mut().zip(&others.ratings) {
            rating.stated = rating.stated.max(other.stated);
            rating.missing |= other.missing;
        }
        self.control |= others.control;
        self.at_risk |= others.at_risk;
    }
}

impl HighestRating {
    fn add(&mut self, rating: &Field<Rating>) {
        match rating.get() {
            Some(rating) => self.stated = self.stated.max(Some(rating.get())),
            None => self.missing = true,
        }
    }
}
