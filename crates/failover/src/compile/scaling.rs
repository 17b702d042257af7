//! Groups to turn up before the switch, and those to turn down after a failback.

use super::{CompileError, Input, Refusal, calls, milliseconds};
use crate::{Action, Direction, Observed, ObservedGroup, Retry, ScaleAction, ScaleGoal, Step};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{Phase, Scale};
use std::time::Duration;

/// Between two looks at a group that grows: an instance takes minutes, and the API has a limit.
const LOOK_PAUSE: Duration = Duration::from_secs(5);
/// How often capacity is asked for.
const ATTEMPTS: u32 = 5;

/// The steps of the phases `scale` and `finish`.
pub(super) fn compile_scaling(
    input: &Input<'_>,
    observed: &Observed,
    notes: &mut Vec<Finding>,
) -> Result<[Vec<Step>; 2], CompileError> {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    if observed.groups.len() != input.plan.scale.len() {
        return Err(CompileError::NotObserved("the groups of the plan's scale blocks".into()));
    }
    for (scale, groups) in input.plan.scale.iter().zip(&observed.groups) {
        let of = |side| groups.iter().find(|seen| seen.side == side);
        let target = of(input.to).ok_or_else(|| CompileError::NotObserved(scale.address.clone()))?;
        up.push(turn_up(input, scale, target)?);
        if input.direction == Direction::Failback {
            match (of(input.from), pilot_light(input, scale)) {
                (Some(seen), Some(to)) => down.push(turn_down(input, scale, seen, to)?),
                (seen, _) => notes.push(not_turned_down(scale, seen.is_some())),
            }
        }
    }
    Ok([up, down])
}

fn turn_up(input: &Input<'_>, scale: &Scale, seen: &ObservedGroup) -> Result<Step, CompileError> {
    if scale.desired > seen.group.max {
        return Err(out_of_bounds(scale, seen, scale.desired, "at most", seen.group.max));
    }
    let to = scale.desired.max(seen.group.desired);
    let action = action(input, scale, seen, to, ScaleGoal::AtLeast);
    let title = format!("{to} healthy instances in {} of the {}", action.group, seen.side);
    Ok(step(Phase::Scale, "up", title, scale.timeout, action))
}

fn turn_down(input: &Input<'_>, scale: &Scale, seen: &ObservedGroup, to: u32) -> Result<Step, CompileError> {
    if to < seen.group.min {
        return Err(out_of_bounds(scale, seen, to, "at least", seen.group.min));
    }
    let action = action(input, scale, seen, to, ScaleGoal::AtMost);
    let title = format!("turn {} of the {} down to {to}", action.group, seen.side);
    Ok(step(Phase::Finish, "down", title, scale.timeout, action))
}

fn action(input: &Input<'_>, scale: &Scale, seen: &ObservedGroup, to: u32, goal: ScaleGoal) -> ScaleAction {
    ScaleAction {
        stack: scale.stack.clone(),
        address: scale.address.clone(),
        region: input.plan.region(seen.side).clone(),
        role: input.plan.stack(&scale.stack).and_then(|stack| stack.role.clone()),
        group: seen.group.name.clone(),
        arn: seen.group.arn.clone(),
        from: seen.group.desired,
        to,
        goal,
    }
}

fn step(phase: Phase, way: &str, title: String, timeout: Duration, action: ScaleAction) -> Step {
    Step {
        id: format!("{phase}/{way}/{}/{}", action.stack, action.address),
        title,
        phase,
        timeout_ms: milliseconds(timeout),
        retry: Retry { attempts: ATTEMPTS, pause_ms: milliseconds(LOOK_PAUSE) },
        calls: vec![
            calls::auto_scaling("DescribeAutoScalingGroups", &action.region),
            calls::auto_scaling("SetDesiredCapacity", &action.region),
        ],
        point_of_no_return: false,
        action: Action::Scale(action),
    }
}

/// What the standby keeps while it waits: by the block, or by what the stack's standby block sets.
fn pilot_light(input: &Input<'_>, scale: &Scale) -> Option<u32> {
    let set = || {
        let stack = input.plan.stack(&scale.stack)?;
        let of_group = stack.standby.set.iter().find(|set| set.address == scale.address)?;
        of_group.attributes.get("desired_capacity")?.as_u64()?.try_into().ok()
    };
    scale.pilot_light.or_else(set)
}

fn not_turned_down(scale: &Scale, seen: bool) -> Finding {
    let (reason, remedy) = match seen {
        true => (
            "the plan does not say what the standby keeps",
            "add pilot_light = 1 to its scale block, with the number that it keeps while it waits",
        ),
        false => ("it could not be read", "turn it down once its region answers: terraform apply in the standby root"),
    };
    let message = format!("is not turned down after the failback: {reason}");
    Finding::new(codes::F_PILOT_LIGHT_UNKNOWN, Severity::Warning, subject(scale), message).remedy(remedy)
}

fn subject(scale: &Scale) -> Subject {
    Subject::Resource {
        stack: scale.stack.clone(),
        side: Some(Side::Standby),
        address: scale.address.clone(),
        id: None,
    }
}

fn out_of_bounds(scale: &Scale, seen: &ObservedGroup, wanted: u32, bound: &'static str, allowed: u32) -> CompileError {
    Refusal::OutOfBounds {
        group: format!("{} of the {}", scale.address, seen.side),
        wanted,
        bound,
        allowed,
        span: scale.span.clone(),
    }
    .into()
}
