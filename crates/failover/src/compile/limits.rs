//! What one change batch can hold.

use super::{CompileError, Refusal};
use crate::RecordChanges;
use pilotlight_plan::TrafficSet;

/// Values in one change batch, of deletions and creations together.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets>
const BATCH_VALUES: usize = 1_000;
/// Characters of all values in one change batch. Same page.
const BATCH_CHARACTERS: usize = 32_000;

/// Refuses a traffic set that one batch cannot move.
pub(super) fn within_limits(changes: &RecordChanges, set: &TrafficSet) -> Result<(), CompileError> {
    let moved = changes.records.iter().filter(|record| record.before != record.after);
    let values: Vec<&String> =
        moved.flat_map(|record| record.before.values.iter().chain(&record.after.values)).collect();
    let characters: usize = values.iter().map(|value| value.chars().count()).sum();
    for (found, limit, what) in
        [(values.len(), BATCH_VALUES, "values"), (characters, BATCH_CHARACTERS, "characters of values")]
    {
        if found > limit {
            return Err(
                Refusal::TooLarge { traffic: set.name.clone(), found, what, limit, span: set.span.clone() }.into()
            );
        }
    }
    Ok(())
}
