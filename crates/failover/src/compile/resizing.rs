//! What Terraform turns up before the switch, and down after a failback.

use super::{CompileError, Input, calls, milliseconds};
use crate::resize::{shown, words};
use crate::{Action, Direction, Observed, ObservedSize, ResizeAction, ResizeGoal, ResourceSize, Retry, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{Phase, Resize};
use std::time::Duration;

/// Between two tries: Terraform has retried what the API throttled already.
const PAUSE: Duration = Duration::from_secs(10);
/// How often it is applied. What a second apply does not change either, a third will not.
const ATTEMPTS: u32 = 2;

/// The steps of the phases `scale` and `finish`. A failback turns nothing of the primary up: where that is smaller than
/// its Terraform says, the look at its drift tells.
pub(super) fn compile_resizing(
    input: &Input<'_>,
    observed: &Observed,
    notes: &mut Vec<Finding>,
) -> Result<[Vec<Step>; 2], CompileError> {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    if observed.sizes.len() != input.plan.resize.len() {
        return Err(CompileError::NotObserved("the resources of the plan's scale blocks".into()));
    }
    let mut before: Vec<(&str, ResourceSize)> = Vec::new();
    for (resize, seen) in input.plan.resize.iter().zip(&observed.sizes) {
        let seen = match seen {
            Ok(seen) => seen,
            Err(reason) => {
                notes.push(not_turned_down(resize, reason));
                continue;
            }
        };
        let of_stack = before.iter().filter(|(stack, _)| *stack == resize.stack);
        let beside = of_stack.map(|(_, size)| size.clone()).collect();
        let own = ResourceSize { address: seen.address.clone(), set: resize.set.clone().into_iter().collect() };
        before.push((&resize.stack, own.clone()));
        match input.direction {
            Direction::Failover => {
                notes.extend(stands_until_failback(resize, seen));
                up.push(turn(input, resize, seen, beside, own, ResizeGoal::Up));
            }
            Direction::Failback => down.push(turn(input, resize, seen, beside, own, ResizeGoal::Down)),
        }
    }
    // What was turned up last has the sizes of all before it beside its own.
    down.reverse();
    Ok([up, down])
}

fn turn(
    input: &Input<'_>,
    resize: &Resize,
    seen: &ObservedSize,
    beside: Vec<ResourceSize>,
    own: ResourceSize,
    goal: ResizeGoal,
) -> Step {
    let (phase, way, title) = match goal {
        ResizeGoal::Up => (Phase::Scale, "up", format!("{} of the standby with {}", own.address, words(&own.set))),
        ResizeGoal::Down => {
            (Phase::Finish, "down", format!("turn {} of the standby down to what its Terraform says", own.address))
        }
    };
    let region = input.plan.region(Side::Standby).clone();
    Step {
        id: format!("{phase}/{way}/{}/{}", resize.stack, resize.address),
        title,
        phase,
        timeout_ms: milliseconds(resize.timeout),
        retry: Retry { attempts: ATTEMPTS, pause_ms: milliseconds(PAUSE) },
        calls: vec![calls::terraform("plan", &region), calls::terraform("apply", &region)],
        point_of_no_return: false,
        action: Action::Resize(ResizeAction {
            stack: resize.stack.clone(),
            root: seen.root.clone(),
            region,
            address: own.address,
            set: own.set,
            beside,
            outputs: std::collections::BTreeMap::new(),
            goal,
        }),
    }
}

/// What whoever applies the standby meanwhile has to know.
fn stands_until_failback(resize: &Resize, seen: &ObservedSize) -> Option<Finding> {
    let changes: Vec<(&String, &serde_json::Value, &serde_json::Value)> = resize
        .set
        .iter()
        .filter_map(|(name, to)| seen.now.get(name).map(|now| (name, now, to)))
        .filter(|(_, now, to)| shown(now) != shown(to))
        .collect();
    if changes.is_empty() {
        return None;
    }
    let message = format!(
        "is turned up until the failback; a rebuild or an apply of the standby of stack {} before that turns it down",
        resize.stack
    );
    let finding = Finding::new(codes::F_SIZE_STANDS, Severity::Warning, subject(resize, &seen.address), message);
    let finding = changes.into_iter().fold(finding, |finding, (name, now, to)| {
        finding.with(Evidence::change(name.clone(), now.clone(), to.clone()))
    });
    Some(finding.remedy("apply nothing in the standby until pilotlight failback has turned it down"))
}

fn not_turned_down(resize: &Resize, reason: &str) -> Finding {
    let message = format!("is not turned down after the failback: {reason}");
    Finding::new(codes::F_PILOT_LIGHT_UNKNOWN, Severity::Warning, subject(resize, &resize.address), message)
        .remedy("turn it down once that is repaired: pilotlight rebuild PLAN --apply")
}

fn subject(resize: &Resize, address: &str) -> Subject {
    Subject::Resource { stack: resize.stack.clone(), side: Some(Side::Standby), address: address.to_owned(), id: None }
}
