//! Asks for a state until it is there. To ask twice does no harm: RDS refuses what is under way or done.

use super::goal::{Goal, Seen};
use super::is_final;
use crate::engine::{Engine, EngineError, Way};
use crate::steps::database::{Patience, pause};
use crate::steps::{Ending, Performed};
use crate::{ApiError, Step};
use pilotlight_journal::Outcome;
use serde_json::Value;
use std::time::Duration;

/// How long something that was asked for may go unseen before it is asked for again: RDS answers a moment before its
/// describe calls show it.
const SETTLE: Duration = Duration::from_secs(60);

pub(super) async fn reach(engine: &mut Engine, step: &Step, goal: &Goal, way: Way) -> Result<Performed, EngineError> {
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut acted = engine.attempts(step, way) > 0 || !goal.can_act();
    if !goal.can_act() {
        engine.intend(step, way).await?;
    }
    let mut asked: u32 = 0;
    let mut asked_at: Option<Duration> = None;
    // Whether something may come of an earlier request that was not seen yet: one of an executor that was killed too.
    let mut pending = engine.attempts(step, way) > 0 && goal.can_act();
    let mut refused: Option<ApiError> = None;
    loop {
        let now = engine.ports.clock.elapsed();
        // There is no time for another look after a pause.
        let late = now + Duration::from_millis(step.retry.pause_ms) >= deadline;
        let cause = match goal.look().await {
            Seen::There(observed, detail) => {
                let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
                return Ok(Ending::new(outcome, observed, detail).into());
            }
            Seen::Never(detail) => return Ok(Ending::refused(Value::Null, detail).into()),
            Seen::Moving(detail) => {
                pending = true;
                if late {
                    let detail = format!("{detail}, after {} s", step.timeout().as_secs());
                    return Ok(Ending::new(Outcome::Unknown, Value::Null, detail).into());
                }
                detail
            }
            Seen::NotNow(detail) => {
                if late {
                    let outcome = if pending { Outcome::Unknown } else { Outcome::Failed };
                    return Ok(Ending::new(outcome, Value::Null, detail).into());
                }
                detail
            }
            Seen::NotYet(detail) => {
                let settles = asked_at.is_some_and(|at| now < at + SETTLE) && refused.is_none();
                let last = late || asked >= step.retry.attempts || refused.as_ref().is_some_and(is_final);
                if !settles && !last && goal.can_act() {
                    if asked > 0 {
                        engine.intend_again(step, way).await?;
                    } else {
                        engine.intend(step, way).await?;
                    }
                    (asked, acted, asked_at) = (asked + 1, true, Some(now));
                    refused = goal.act().await.err();
                    pending |= !matches!(refused, Some(ApiError::Denied(_) | ApiError::Refused(_)));
                } else if last && !settles {
                    let cause = refused.as_ref().map_or_else(String::new, |error| format!(": {error}"));
                    let outcome = if pending { Outcome::Unknown } else { Outcome::Failed };
                    return Ok(Ending::new(outcome, Value::Null, format!("{detail}{cause}")).into());
                } else if late {
                    return Ok(Ending::new(Outcome::Unknown, Value::Null, detail).into());
                }
                detail
            }
            Seen::Unread(error) => {
                let cause = format!("{} could not be read: {error}", goal.what());
                if late || is_final(&error) {
                    return Ok(Ending::new(Outcome::Unknown, Value::Null, cause).into());
                }
                cause
            }
        };
        match pause(engine, step, deadline, &cause).await {
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            // The next look is the last.
            Patience::Left | Patience::Over => {}
        }
    }
}
