//! What a step saw, also where it was then left out: its state tells of the word alone.

use super::Story;
use pilotlight_journal::{Body, Outcome};
use serde_json::Value;

/// The last outcome of a step.
pub(super) struct Outcomes<'s> {
    pub(super) outcome: Outcome,
    pub(super) observed: &'s Value,
    pub(super) detail: &'s str,
}

/// None where the step has none, or an abort was taken back since and it has not been done once more.
pub(super) fn last_outcome<'s>(story: &'s Story<'_>, id: &str) -> Option<Outcomes<'s>> {
    for event in story.events.iter().rev() {
        match &event.what {
            Body::StepFinished { step, outcome, observed, detail } if step == id => {
                return Some(Outcomes { outcome: *outcome, observed, detail });
            }
            Body::StepIntended { step, .. } if step == id => return None,
            Body::AbortWithdrawn { again, .. } if again.iter().any(|step| step == id) => return None,
            _ => {}
        }
    }
    None
}
