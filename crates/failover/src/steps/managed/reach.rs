//! Asks for a state until it is there. To ask twice does no harm: RDS refuses what is under way or done.

use super::goal::{Goal, Seen};
use super::is_final;
use crate::engine::{Engine, EngineError, Way};
use crate::steps::database::{Patience, pause};
use crate::steps::in_flight::{OtherWay, SETTLE, unanswered};
use crate::steps::{Ending, Performed};
use crate::{ApiError, Step};
use jiff::Timestamp;
use pilotlight_journal::{Body, Outcome};
use serde_json::Value;
use std::time::Duration;

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
    // Requests that got no answer. One of them is what is seen.
    let mut lost = if goal.can_act() { engine.attempts(step, way) } else { 0 };
    let not_known = |detail: String, lost: u32| -> Performed {
        unanswered(Ending::new(Outcome::Unknown, Value::Null, detail), lost > 0).into()
    };
    let mut refused: Option<ApiError> = None;
    // Until then what is wanted may only seem to be there: the other way was asked for, and nothing is seen of it yet.
    let mut believed_from = seen_from(engine, step, way);
    loop {
        let now = engine.ports.clock.elapsed();
        // There is no time for another look after a pause.
        let late = now + Duration::from_millis(step.retry.pause_ms) >= deadline;
        let seen = goal.look().await;
        if !matches!(seen, Seen::There(..) | Seen::Unread(_)) {
            believed_from = now;
        }
        let cause = match seen {
            Seen::There(_, detail) if now < believed_from => {
                let detail = format!("{detail}, and something else was asked for a moment ago");
                if late {
                    return Ok(not_known(detail, lost));
                }
                detail
            }
            Seen::There(observed, detail) => {
                let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
                return Ok(unanswered(Ending::new(outcome, observed, detail), lost > 1).into());
            }
            Seen::Never(detail) => return Ok(Ending::refused(Value::Null, detail).into()),
            Seen::Moving(detail) => {
                pending = true;
                if late {
                    return Ok(not_known(format!("{detail}, after {} s", step.timeout().as_secs()), lost));
                }
                detail
            }
            Seen::NotNow(detail) => {
                if late {
                    let outcome = if pending { Outcome::Unknown } else { Outcome::Failed };
                    return Ok(unanswered(Ending::new(outcome, Value::Null, detail), lost > 0).into());
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
                    lost += u32::from(matches!(refused, Some(ApiError::Unknown(_))));
                } else if last && !settles {
                    let cause = refused.as_ref().map_or_else(String::new, |error| format!(": {error}"));
                    let outcome = if pending { Outcome::Unknown } else { Outcome::Failed };
                    let ending = Ending::new(outcome, Value::Null, format!("{detail}{cause}"));
                    return Ok(unanswered(ending, lost > 0).into());
                } else if late {
                    return Ok(not_known(detail, lost));
                }
                detail
            }
            Seen::Unread(error) => {
                let cause = format!("{} could not be read: {error}", goal.what());
                if late || is_final(&error) {
                    return Ok(not_known(cause, lost));
                }
                cause
            }
        };
        match pause(engine, step, deadline, &cause).await? {
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            // The next look is the last.
            Patience::Left | Patience::Over => {}
        }
    }
}

/// From when on what is seen of a step that goes this way holds, by the ports' clock: what was asked for the other way,
/// the last time that it acted, may go unseen until then, or be under way.
pub(super) fn seen_from(engine: &Engine, step: &Step, way: Way) -> Duration {
    let last = engine.journal.events().iter().rev().find_map(|event| match &event.what {
        Body::StepIntended { step: id, .. } if *id == step.id => Some((Way::Do, event.at)),
        Body::UndoIntended { step: id, .. } if *id == step.id => Some((Way::Undo, event.at)),
        _ => None,
    });
    let unseen = match last {
        Some((other, asked)) if other != way => unseen_for(engine, asked),
        _ => Duration::ZERO,
    };
    engine.ports.clock.elapsed() + unseen.max(OtherWay::of(engine, step, way).left(engine))
}

/// How much longer what was asked for then may go unseen. Where a clock was set back since, all of it is left.
fn unseen_for(engine: &Engine, asked: Timestamp) -> Duration {
    let since = Duration::try_from(engine.ports.clock.now().duration_since(asked)).unwrap_or_default();
    SETTLE.saturating_sub(since)
}
