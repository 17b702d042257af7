//! Turns a group up, and counts what is healthy; or turns it down. Capacity is a desired state: to ask twice changes
//! nothing more.

use super::in_flight::{Held, OtherWay, is_looked_at_again, unanswered, undone_for_now};
use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::{ApiError, ScaleAction, ScaleGoal, ScalingGroup, Step};
use pilotlight_journal::{Body, Outcome, StepStatus};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn perform(engine: &mut Engine, step: &Step, action: &ScaleAction) -> Result<Performed, EngineError> {
    let wanted = Wanted { capacity: action.to, goal: action.goal, only_from: None, in_doubt: false };
    reach(engine, step, action, wanted, Way::Do).await
}

/// Sets the capacity back, where nobody else changed it since. What was turned down is turned up again, and waited
/// for: traffic goes back to it.
pub(crate) async fn undo(engine: &mut Engine, step: &Step, action: &ScaleAction) -> Result<Performed, EngineError> {
    let wanted =
        Wanted { capacity: action.from, goal: action.goal.reversed(), only_from: Some(action.to), in_doubt: false };
    reach(engine, step, action, wanted, Way::Undo).await
}

/// The desired state.
#[derive(Clone, Copy)]
struct Wanted {
    capacity: u32,
    goal: ScaleGoal,
    /// The capacity that is changed; any other was set by somebody else, and is theirs.
    only_from: Option<u32>,
    /// Whether a group that is shown with this very capacity may be that of a moment ago.
    in_doubt: bool,
}

impl Wanted {
    fn is_asked_for(self, seen: &ScalingGroup) -> bool {
        if self.in_doubt && seen.desired == self.capacity {
            return false;
        }
        match self.goal {
            ScaleGoal::AtLeast => seen.desired >= self.capacity,
            ScaleGoal::AtMost => seen.desired <= self.capacity,
        }
    }

    fn is_there(self, seen: &ScalingGroup) -> bool {
        self.is_asked_for(seen) && (self.goal == ScaleGoal::AtMost || seen.healthy >= self.capacity)
    }

    fn is_not_ours(self, seen: &ScalingGroup) -> bool {
        self.only_from.is_some_and(|from| ![from, self.capacity].contains(&seen.desired))
    }
}

async fn reach(
    engine: &mut Engine,
    step: &Step,
    action: &ScaleAction,
    mut wanted: Wanted,
    way: Way,
) -> Result<Performed, EngineError> {
    // What may still come is held up nothing for on the way back.
    let mut other_way = if way == Way::Do { OtherWay::of(engine, step, way) } else { OtherWay::none(way) };
    let deadline = engine.ports.clock.elapsed() + step.timeout() + other_way.left(engine);
    let pause = Duration::from_millis(step.retry.pause_ms);
    let mut acted = engine.attempts(step, way) > 0;
    // Where the run asked for the other capacity, a group that has this one may be that of a moment ago: Auto Scaling's
    // describe calls show what was asked for a while later. So it is asked for this one, which changes nothing more.
    wanted.in_doubt = asked_for_other(engine, step, way);
    // Where the run looked after its own request had failed, a refusal now says that nothing is on its way.
    let failed_before = engine.journal.state().status(&step.id) == StepStatus::Failed;
    let (mut asked, mut refused) = (0, None);
    // A request of an executor before this one may have got no answer.
    let again = is_looked_at_again(engine, step);
    let mut lost = acted && !again;
    let ended = |ending: Ending, lost: bool| Performed::from(unanswered(ending, lost));
    loop {
        let late = engine.ports.clock.elapsed() >= deadline;
        let waits = match look(engine, action).await {
            Ok(Some(seen)) if wanted.is_there(&seen) => {
                let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
                let ending = Ending::new(outcome, observed(&seen), words(&seen));
                if way == Way::Undo && !again {
                    return Ok(ended(undone_for_now(engine, step, ending), lost));
                }
                match other_way.hold(engine, step).await? {
                    Held::Believed => {}
                    Held::Again => continue,
                    Held::Stop(reason) => return Ok(Performed::Waits(reason)),
                }
                return Ok(ended(ending, lost));
            }
            Ok(Some(seen)) if wanted.is_asked_for(&seen) => {
                if late {
                    let detail = format!("{} after {} s", words(&seen), step.timeout().as_secs());
                    return Ok(ended(Ending::new(Outcome::Failed, observed(&seen), detail), lost));
                }
                words(&seen)
            }
            Ok(Some(seen)) if wanted.is_not_ours(&seen) => {
                let detail = format!("{} was set to {} by somebody else, and is left so", seen.name, seen.desired);
                return Ok(Ending::new(Outcome::AlreadyDone, observed(&seen), detail).into());
            }
            Ok(Some(seen)) => {
                if late || asked >= step.retry.attempts || matches!(refused, Some((true, _))) {
                    let cause = refused.map_or_else(String::new, |(_, cause)| format!(": {cause}"));
                    let detail = match wanted.in_doubt && seen.desired == wanted.capacity {
                        // It may be about to have what the run asked for before.
                        true => format!("{} as far as is shown, and to ask for it failed{cause}", words(&seen)),
                        false => format!("{}, and {} are wanted{cause}", words(&seen), wanted.capacity),
                    };
                    return Ok(ended(Ending::new(Outcome::Failed, observed(&seen), detail), lost));
                }
                if asked > 0 {
                    engine.intend_again(step, way).await?;
                } else {
                    engine.intend(step, way).await?;
                }
                (asked, acted) = (asked + 1, true);
                let answer = engine.ports.capacity.set_desired(action.place(), &action.group, wanted.capacity).await;
                lost |= answer.as_ref().is_err_and(|error| !is_final(error));
                wanted.in_doubt &= answer.as_ref().is_err_and(|error| !(failed_before && is_final(error)));
                refused = answer.err().map(|error| (is_final(&error), error.to_string()));
                words(&seen)
            }
            Ok(None) => {
                let detail = format!("{} has no group {} any more", action.region, action.group);
                return Ok(Ending::failed(detail).into());
            }
            Err(error) => {
                let cause = format!("{} could not be read: {error}", action.group);
                if late || matches!(error, ApiError::Denied(_)) {
                    return Ok(ended(Ending::new(Outcome::Unknown, Value::Null, cause), lost));
                }
                cause
            }
        };
        engine.waits(step, &waits).await?;
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        engine.ports.clock.sleep(pause).await;
    }
}

/// Whether the run has asked, or may have asked, for what the other way wants: also an undo that was taken back.
fn asked_for_other(engine: &Engine, step: &Step, way: Way) -> bool {
    engine.journal.events().iter().any(|event| match &event.what {
        Body::StepIntended { step: of, .. } => way == Way::Undo && *of == step.id,
        Body::UndoIntended { step: of, .. } => way == Way::Do && *of == step.id,
        _ => false,
    })
}

async fn look(engine: &Engine, action: &ScaleAction) -> Result<Option<ScalingGroup>, ApiError> {
    engine.ports.capacity.group(action.place(), &action.group).await
}

/// Whether to ask again would be of no use.
fn is_final(error: &ApiError) -> bool {
    matches!(error, ApiError::Denied(_) | ApiError::Refused(_))
}

fn words(seen: &ScalingGroup) -> String {
    format!("{} of {} asked for are healthy in {}", seen.healthy, seen.desired, seen.name)
}

fn observed(seen: &ScalingGroup) -> Value {
    json!({ "group": seen.name, "desired": seen.desired, "healthy": seen.healthy })
}
