use super::look::{Look, look_until_known};
use super::{Ending, Performed};
use crate::engine::{Engine, EngineError, Way};
use crate::{RecordChanges, Step};
use pilotlight_journal::Outcome;
use serde_json::json;

/// What is said of records that somebody has moved before the run.
pub const AT_THEIR_TARGET: &str = "at their target already";

/// Looks whether the records are still what the run was compiled for, before anything is touched.
pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    changes: &RecordChanges,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    Ok(match look_until_known(engine, step, changes, &[], deadline).await {
        Look::Before(_) => Ending::new(Outcome::Done, json!({ "found": "before" }), "as they were read"),
        Look::After => Ending::new(Outcome::Done, json!({ "found": "after" }), AT_THEIR_TARGET),
        Look::Other(others) => Ending::refused(others.observed, others.detail),
        Look::Unknown(cause) => Ending::failed(format!("could not be read: {cause}")),
    }
    .into())
}
