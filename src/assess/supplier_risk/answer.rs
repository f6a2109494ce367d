//! The answer on a supplier's risk, with every contribution, so that each number can be followed by hand.

pub use super::words::{Acceptance, AssuranceKind, Band, Dimension, Link, Rating, SupplierStanding, Truth};
use crate::model::{EventInput, EventSeverity, PartyRole, RecordId, ShareReason, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use std::cmp::Reverse;
use utoipa::ToSchema;

/// A score from 0 to 100. Kept exact, written with one decimal, half up.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Default, Deserialize, ToSchema)]
#[schema(value_type = f64, minimum = 0, maximum = 100)]
pub struct Score(f64);

impl Score {
    /// A score; what is not finite counts as 100, the worst.
    pub const fn new(score: f64) -> Self {
        Self(if score.is_finite() { score } else { 100.0 })
    }

    /// The score before rounding.
    pub const fn exact(self) -> f64 {
        self.0
    }

    /// The score as it is written: one decimal, half up.
    pub fn rounded(self) -> f64 {
        (self.0 * 10.0 + 0.5 + 1e-9).floor() / 10.0
    }

    /// Orders scores; those that differ by less than the noise of computing are equal.
    pub(super) fn key(self) -> i64 {
        (self.0 * 1e9).round() as i64
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.rounded())
    }
}

/// One value for each of confidentiality, integrity and availability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// For confidentiality.
    pub confidentiality: Score,
    /// For integrity.
    pub integrity: Score,
    /// For availability.
    pub availability: Score,
}

/// A value on a scale, as stated or assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// What is computed with.
    pub value: i64,
    /// False if it is assumed because no source says.
    pub known: bool,
    /// The least it could be.
    pub least: i64,
    /// The most it could be.
    pub most: i64,
}

/// How much of what the driving service's score rests on is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Confidence {
    /// Of criticality, three ratings, substitute, seven assurance items and the feed of tickets.
    pub known: u32,
    /// Always 13.
    pub of: u32,
}

impl Confidence {
    /// Known in parts of 1.
    pub fn share(self) -> f64 {
        f64::from(self.known) / f64::from(self.of.max(1))
    }
}

/// A cell of the 5 by 5 matrix; for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MatrixCell {
    /// 1 to 5.
    pub impact: u8,
    /// 1 to 5.
    pub likelihood: u8,
}

/// One thing that speaks, or could speak, for a supplier on a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssuranceItem {
    /// What is asked.
    pub item: AssuranceKind,
    /// Whether it holds.
    pub answer: Truth,
    /// The points it gives: all of `of` if yes, else 0.
    pub points: f64,
    /// The points it can give.
    pub of: f64,
    /// The agreement or party that says so; null if there is none.
    pub record: Option<RecordId>,
}

/// A ticket that makes a failure of the supplier likelier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventContribution {
    /// The ticket.
    pub record: RecordId,
    /// Its identifier in its source.
    pub external_id: String,
    /// What it is about; null if its source does not say.
    pub title: Option<String>,
    /// Link back to it in its source.
    pub url: Option<String>,
    /// What it counts as.
    pub input: EventInput,
    /// By what it is weighed.
    pub priority: EventSeverity,
    /// When it ended; null while open.
    pub ended_at: Option<Timestamp>,
    /// Whole UTC days since; 0 while open.
    pub age_days: i64,
    /// Days after which an event of its sort weighs half.
    pub half_life_days: i64,
    /// Points by what it counts as.
    pub base: f64,
    /// Factor by priority.
    pub severity: f64,
    /// Factor by the supplier's part in it.
    pub share: f64,
    /// Factor by age: 0.5 to the power of age / half-life.
    pub decay: f64,
    /// Why the supplier has that part in it.
    pub reason: ShareReason,
    /// The problem, nonconformity or complaint it is counted under; null if there is none, or if it is one itself.
    pub cause: Option<RecordId>,
    /// base · severity · share · decay.
    pub points: f64,
    /// What it adds to the exposure: its points; of a cause, only what they are above those of its events.
    pub counted: f64,
}

/// Tickets of a sort, together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InputContribution {
    /// What they count as.
    pub input: EventInput,
    /// By what they are weighed.
    pub severity: EventSeverity,
    /// The supplier's part in them.
    pub reason: ShareReason,
    /// How many there are that still count.
    pub count: u64,
    /// Their points, before those of causes are set against those of their events.
    pub points: f64,
}

/// The risk a supplier is to one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceRisk {
    /// The service.
    pub service: RecordId,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// 1 to 4.
    pub criticality: Estimate,
    /// 0 to 3, the highest of the configuration items in the supplier's hands.
    pub confidentiality: Estimate,
    /// 0 to 3, likewise.
    pub integrity: Estimate,
    /// 0 to 3, likewise.
    pub availability: Estimate,
    /// How the supplier touches it.
    pub link: Link,
    /// The configuration item, service or lead supplier the link runs through; null if it provides the service.
    pub through: Option<RecordId>,
    /// Edges and tiers of sub-contracting between supplier and service.
    pub depth: u32,
    /// Factor by depth.
    pub reach: f64,
    /// Whether a declared substitute has an agreement in force.
    pub substitute: Truth,
    /// Factor by substitute.
    pub substitute_factor: f64,
    /// (criticality + rating, in points) · reach · substitute factor.
    pub impact: Scores,
    /// The highest of the three.
    pub impact_max: Score,
    /// The points of all assurance items, 0 to 100.
    pub assurance: Score,
    /// The items, one by one.
    pub assurance_items: Vec<AssuranceItem>,
    /// impact_max · likelihood / 100.
    pub inherent: Score,
    /// Likelihood less what assurance takes away.
    pub residual_likelihood: Score,
    /// impact · residual likelihood / 100.
    pub residuals: Scores,
    /// The highest of the three.
    pub residual: Score,
}

/// A level of accepted risk that a residual risk is above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Exceeded {
    /// The service.
    pub service: RecordId,
    /// What the level is for.
    pub dimension: Dimension,
    /// Whose level it is.
    pub acceptance: Acceptance,
    /// The customer; null for the organisation.
    pub party: Option<RecordId>,
    /// What the customer is called; null for the organisation, or if its source does not say.
    pub party_name: Option<String>,
    /// The level accepted, 0 to 100.
    pub accepted: f64,
    /// The residual risk above it.
    pub residual: Score,
}

/// A supplier's risk with all that it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupplierRisk {
    /// The supplier.
    pub party: RecordId,
    /// The source that knows it.
    pub source: String,
    /// Its identifier in that source.
    pub external_id: String,
    /// What it is called; null if its source does not say.
    pub name: Option<String>,
    /// What it is to the organisation.
    pub role: PartyRole,
    /// The day, in UTC, by which the ages of events are counted.
    pub day: Timestamp,
    /// Whether it could be rated.
    pub rating: Rating,
    /// The risk left after assurance; null if unlinked.
    pub residual: Option<Score>,
    /// The risk before assurance; null if unlinked.
    pub inherent: Option<Score>,
    /// The residual risk with everything unknown at its best; null if unlinked.
    pub low: Option<Score>,
    /// The residual risk with everything unknown at its worst; null if unlinked.
    pub high: Option<Score>,
    /// Null unless rated.
    pub band: Option<Band>,
    /// Null if unlinked.
    pub confidence: Option<Confidence>,
    /// The points of all events; those of a cause count only above those of its events.
    pub exposure: f64,
    /// How many events still count; a change that failed and was not reviewed is two.
    pub event_count: u64,
    /// The tickets by sort, most points first.
    pub inputs: Vec<InputContribution>,
    /// From the points of all events, 0 to 100.
    pub likelihood: Score,
    /// False if no source of tickets was read recently.
    pub ticket_feed_fresh: bool,
    /// The service with the highest residual risk.
    pub driving_service: Option<RecordId>,
    /// Of the driving service, before assurance.
    pub inherent_cell: Option<MatrixCell>,
    /// Of the driving service, after assurance.
    pub residual_cell: Option<MatrixCell>,
    /// The accepted levels that a residual risk is above.
    pub exceeded: Vec<Exceeded>,
    /// Every service it touches, worst first.
    pub services: Vec<ServiceRisk>,
}

impl SupplierRisk {
    /// What suppliers are ranked by, the worst first: the residual risk; of those too little is known of, the most it
    /// could be; without any link to a service, last. Equals come by id.
    pub fn rank(&self) -> impl Ord + use<> {
        let counts = if self.rating == Rating::Unrated { self.high } else { self.residual };
        (Reverse(counts.map(Score::key)), self.party)
    }
}
