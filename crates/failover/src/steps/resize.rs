//! Has Terraform turn a resource of the standby up or down. What it plans is judged before anything is applied, and
//! that it plans nothing more says that the size is there.

mod judge;

use super::in_flight::{Held, OtherWay, unanswered};
use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::{Action, ResizeAction, ResizeGoal, ResourceSize, Run, SizeError, SizeRequest, Sizes, Step};
use judge::{Verdict, judge};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a lock of the state is waited for. A Terraform that lost its Pilotlight is asked to end, and is gone within
/// that; whoever else holds it for longer is a matter for a person.
const LOCK_PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn perform(engine: &mut Engine, step: &Step, action: &ResizeAction) -> Result<Performed, EngineError> {
    reach(engine, step, action, action.goal, Way::Do).await
}

pub(crate) async fn undo(engine: &mut Engine, step: &Step, action: &ResizeAction) -> Result<Performed, EngineError> {
    reach(engine, step, action, action.goal.reversed(), Way::Undo).await
}

/// Takes away what an executor that was killed left where a run changes sizes: whether this one comes to those steps
/// again, or goes back before them.
pub(crate) async fn clear(run: &Run, sizes: &dyn Sizes) {
    for step in run.steps() {
        if let Action::Resize(action) = &step.action {
            sizes.discard(&request(action, &[])).await;
        }
    }
}

async fn reach(
    engine: &mut Engine,
    step: &Step,
    action: &ResizeAction,
    goal: ResizeGoal,
    way: Way,
) -> Result<Performed, EngineError> {
    let overrides = action.overrides(goal);
    let request = request(action, &overrides);
    let sizes = Arc::clone(&engine.ports.sizes);
    let watcher = Arc::clone(&engine.ports.watcher);
    let told = |detail: &str| watcher.waiting(step, detail);
    let began = engine.ports.clock.elapsed();
    let mut other_way = OtherWay::of(engine, step, way);
    let deadline = began + step.timeout() + other_way.left(engine);
    let mut acted = engine.attempts(step, way) > 0;
    // Whether a Terraform was ended in its midst: this executor's, or that of one before it.
    let mut lost = acted;
    let ended = |ending: Ending, lost: bool| Performed::from(unanswered(ending, lost));
    let (mut asked, mut unread, mut failed): (u32, u32, Option<SizeError>) = (0, 0, None);
    let mut locked_since = None;
    loop {
        let now = engine.ports.clock.elapsed();
        // How it stands is asked also once the time is over: what was done in it counts.
        let left = deadline.saturating_sub(now).max(LAST_LOOK);
        let planned = sizes.plan(&request, left, &told).await;
        let error = match planned {
            Ok(plan) => match judge(&plan, action, goal) {
                Verdict::Reached(words) => {
                    sizes.discard(&request).await;
                    if !other_way.left(engine).is_zero() {
                        // Each look is a whole plan: one more, when nothing can come any more.
                        while !other_way.left(engine).is_zero() {
                            if let Held::Stop(reason) = other_way.hold(engine, step).await? {
                                return Ok(Performed::Waits(reason));
                            }
                        }
                        continue;
                    }
                    let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
                    return Ok(ended(Ending::new(outcome, observed(action), words), lost));
                }
                Verdict::Refused(reason) => {
                    sizes.discard(&request).await;
                    return Ok(Ending::refused(observed(action), reason).into());
                }
                Verdict::Applies(words) => {
                    let late = engine.ports.clock.elapsed() >= deadline;
                    let is_final = matches!(failed, Some(SizeError::Refused(_)));
                    if late || is_final || asked >= step.retry.attempts {
                        sizes.discard(&request).await;
                        let detail =
                            format!("{words}, and {}{}", wanted(action, goal), why(late, step, failed.as_ref()));
                        return Ok(ended(Ending::new(Outcome::Failed, observed(action), detail), lost));
                    }
                    if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
                        sizes.discard(&request).await;
                        return Ok(Performed::Waits(reason));
                    }
                    let intended = match asked {
                        0 => engine.intend(step, way).await,
                        _ => engine.intend_again(step, way).await,
                    };
                    if let Err(error) = intended {
                        sizes.discard(&request).await;
                        return Err(error);
                    }
                    (asked, acted) = (asked + 1, true);
                    let left = deadline.saturating_sub(engine.ports.clock.elapsed());
                    failed = sizes.apply(&request, left, &told).await.err();
                    lost |= matches!(failed, Some(SizeError::Cut(_)));
                    match failed.clone() {
                        // Only a lock is waited for. All else is looked at, at once.
                        Some(error @ SizeError::Locked { .. }) => {
                            asked -= 1;
                            error
                        }
                        _ => continue,
                    }
                }
            },
            Err(error) => error,
        };
        let now = engine.ports.clock.elapsed();
        match &error {
            SizeError::Locked { by, remedy } => {
                let since = *locked_since.get_or_insert(now);
                if now >= since + LOCK_PATIENCE || now >= deadline {
                    return Ok(Performed::Waits(format!(
                        "the state of stack {} is locked: {by}; {remedy}",
                        action.stack
                    )));
                }
                told(&format!("the state of stack {} is locked: {by}", action.stack));
            }
            SizeError::Refused(cause) => {
                return Ok(ended(Ending::new(Outcome::Failed, observed(action), cause.clone()), lost));
            }
            SizeError::Unknown(cause) | SizeError::Cut(cause) => {
                unread += 1;
                if now >= deadline || unread > step.retry.attempts {
                    // What was never applied is as it was.
                    let outcome = if acted { Outcome::Unknown } else { Outcome::Failed };
                    return Ok(ended(Ending::new(outcome, observed(action), cause.clone()), lost));
                }
                told(cause);
            }
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        engine.ports.clock.sleep(Duration::from_millis(step.retry.pause_ms)).await;
    }
}

/// How long the look after the step's time is over may take.
const LAST_LOOK: Duration = Duration::from_secs(60);

fn request<'a>(action: &'a ResizeAction, overrides: &'a [ResourceSize]) -> SizeRequest<'a> {
    SizeRequest {
        stack: &action.stack,
        root: &action.root,
        region: &action.region,
        address: &action.address,
        overrides,
    }
}

fn wanted(action: &ResizeAction, goal: ResizeGoal) -> String {
    match goal {
        ResizeGoal::Up => format!("{} is wanted", crate::resize::words(&action.set)),
        ResizeGoal::Down => "what its own Terraform says is wanted".to_owned(),
    }
}

fn why(late: bool, step: &Step, failed: Option<&SizeError>) -> String {
    match failed {
        Some(error) => format!(": {error}"),
        None if late => format!(", after {} s", step.timeout().as_secs()),
        None => {
            ", which an apply does not bring: the provider may put it off (apply_immediately of a database)".to_owned()
        }
    }
}

fn observed(action: &ResizeAction) -> Value {
    json!({ "address": action.address, "set": action.set })
}
