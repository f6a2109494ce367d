//! How much of a population has to pass, and how much did.

pub use crate::model::Tally;

use crate::model::Severity;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

/// A share from 0 to 1 in exact millionths, so that comparisons have no rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = f64, minimum = 0, maximum = 1)]
pub struct Share(u32);

impl Share {
    /// From millionths, at most 1,000,000.
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self(millionths)) } else { None }
    }

    /// True if `part / whole` is at least this share. `whole` must not be zero.
    pub const fn is_reached_by(self, part: u64, whole: u64) -> bool {
        part as u128 * 1_000_000 >= self.0 as u128 * whole as u128
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1e6)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        let millionths = share * 1e6;
        if !(0.0..=1.0).contains(&share) || (millionths - millionths.round()).abs() > 1e-6 {
            return Err(D::Error::custom(format!("{share} is not a share from 0 to 1 with at most six decimals")));
        }
        Ok(Self(millionths.round() as u32))
    }
}

/// What an indicator demands of its population.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Limits {
    /// The share that should pass.
    pub target: Share,
    /// The share below which it is a breach.
    pub tolerance: Share,
    /// What missing them means.
    pub severity: Severity,
    /// How many records have to pass at the least.
    pub at_least: u64,
}
