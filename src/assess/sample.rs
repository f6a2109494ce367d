//! A drawn sample of judged records: anyone who knows its size and seed draws the same one.

use crate::model::{Outcome, RecordId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Draws up to `size` of the judged records, by outcome and within one by the hash of seed and id.
///
/// Every outcome that occurs gets a record if there is room for all of them, failing ones first; the rest of the room
/// is shared in proportion to how many records have each outcome, rounded down, and what that leaves goes to the
/// outcomes with the largest remainders.
pub fn draw(judged: &[(RecordId, Outcome)], size: usize, seed: &str) -> Vec<(RecordId, Outcome)> {
    let mut strata: BTreeMap<Outcome, Vec<RecordId>> = BTreeMap::new();
    for (record, outcome) in judged {
        strata.entry(*outcome).or_default().push(*record);
    }
    let counts: Vec<(Outcome, usize)> = [Outcome::Failing, Outcome::Unknown, Outcome::Passing, Outcome::NotApplicable]
        .into_iter()
        .filter_map(|outcome| Some((outcome, strata.get(&outcome)?.len())))
        .collect();
    let mut drawn = Vec::new();
    for ((outcome, _), share) in counts.iter().zip(shares(&counts, size)) {
        let mut records = strata.remove(outcome).unwrap_or_default();
        records.sort_by_cached_key(|record| (place(seed, *record), *record));
        drawn.extend(records.into_iter().take(share).map(|record| (record, *outcome)));
    }
    drawn
}

/// How many records each outcome gives.
fn shares(counts: &[(Outcome, usize)], size: usize) -> Vec<usize> {
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let size = size.min(total);
    let mut shares: Vec<usize> = (0..counts.len()).map(|position| usize::from(position < size)).collect();
    let (room, others) = (size - shares.iter().sum::<usize>(), total - shares.iter().sum::<usize>());
    let mut left = room;
    let mut remainders = Vec::new();
    for (position, ((_, count), share)) in counts.iter().zip(&mut shares).enumerate() {
        let part = room * (count - *share);
        let whole = part.checked_div(others).unwrap_or_default();
        remainders.push((part.checked_rem(others).unwrap_or_default(), position));
        *share += whole;
        left -= whole;
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, position) in remainders.into_iter().cycle().take(counts.len() * size.max(1)) {
        if left == 0 {
            break;
        }
        if let (Some(share), Some((_, count))) = (shares.get_mut(position), counts.get(position))
            && *share < *count
        {
            *share += 1;
            left -= 1;
        }
    }
    shares
}

fn place(seed: &str, record: RecordId) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(seed.as_bytes());
    digest.update([0]);
    digest.update(record.to_string().as_bytes());
    digest.finalize().into()
}
